using ReuseportPS.Engine.Execution;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Yaml;

namespace ReuseportPS.Engine.Tests.Policies;

/// <summary>A flow stays where it first went, in the evaluator and in the program.</summary>
public sealed class StickyTests
{
    private const int Slots = 4;
    private const string Text = "protocol: udp\notherwise: { by: random, sticky: { entries: 1000, idle: 80s } }";

    private static readonly FlowKey s_flow = new(IpFamily.V4, TransportProtocol.Udp, 0x0a000001, 0xc0000201, 40_000, 443);
    private readonly ExecutionEnvironment _environment = new() { RandomState = 7, MonotonicTime = 1_000_000_000 };
    private readonly bool[] _selectable = [.. Enumerable.Repeat(true, Slots)];

    [Fact]
    public void Flow_stays_until_it_is_idle()
    {
        Host host = new(Text);
        int slot = host.Run(this).Slot;
        for (int i = 0; i < 50; i++)
        {
            // Each packet refreshes what is older than an eighth of the idle time.
            _environment.MonotonicTime += 79_000_000_000;
            Assert.Equal(slot, host.Run(this).Slot);
        }

        Assert.Equal((50UL, 1UL, 0UL), (host.Count(CounterKind.StickyHit), host.Count(CounterKind.StickyCreate), host.Count(CounterKind.StickyRemove)));
        _environment.MonotonicTime += 81_000_000_000;
        host.Run(this);
        Assert.Equal((2UL, 1UL), (host.Count(CounterKind.StickyCreate), host.Count(CounterKind.StickyRemove)));
    }

    [Theory]
    [InlineData(SlotState.Draining, true)]
    [InlineData(SlotState.Standby, false)]
    public void Flow_stays_on_a_slot_that_drains_and_not_on_standby(SlotState state, bool stays)
    {
        Host host = new(Text);
        int slot = host.Run(this).Slot;
        host.Change(SlotStates.AllActive.With(slot, state));
        Assert.Equal(stays, host.Run(this).Slot == slot);
        Assert.Equal(stays ? 1UL : 0UL, host.Count(CounterKind.StickyHit));
    }

    [Fact]
    public void Another_socket_in_the_seat_is_another_place()
    {
        Host host = new(Text);
        int slot = host.Run(this).Slot;
        host.Change(SlotStates.AllActive.Reseated(slot));
        host.Run(this);
        Assert.Equal((0UL, 1UL, 2UL), (host.Count(CounterKind.StickyHit), host.Count(CounterKind.StickyRemove), host.Count(CounterKind.StickyCreate)));
    }

    [Fact]
    public void Segment_that_is_no_SYN_is_decided_and_not_remembered()
    {
        Host host = new("protocol: tcp\notherwise: { by: hash, sticky: { entries: 1000, idle: 80s } }");
        FlowKey flow = s_flow with { Protocol = TransportProtocol.Tcp };
        host.Run(this, PacketBytes.Create(flow, 0, 0x10));
        Assert.Equal((1UL, 0UL), (host.Count(CounterKind.NotSyn), host.Count(CounterKind.StickyCreate)));
        host.Run(this, PacketBytes.Create(flow, 0, 0x02));
        host.Run(this, PacketBytes.Create(flow, 0, 0x10));
        Assert.Equal((2UL, 1UL, 1UL), (host.Count(CounterKind.NotSyn), host.Count(CounterKind.StickyCreate), host.Count(CounterKind.StickyHit)));
    }

    [Fact]
    public void Old_flows_stay_with_the_old_generation_and_new_ones_go_to_the_new()
    {
        Host host = new("protocol: udp\notherwise: { by: generation, generations: [2-3, 0-1], sticky: { entries: 1000, idle: 80s } }");
        Packet[] old = [.. Enumerable.Range(0, 100).Select(i => PacketBytes.Create(s_flow with { SourcePort = (ushort)i }, 0))];
        int[] before = [.. old.Select(packet => host.Run(this, packet).Slot)];
        Assert.All(before, slot => Assert.InRange(slot, 0, 1));

        host.Replace("protocol: udp\notherwise: { by: generation, generations: [0-1, 2-3], sticky: { entries: 1000, idle: 80s } }");
        Assert.Equal(before, old.Select(packet => host.Run(this, packet).Slot));
        Assert.All(Enumerable.Range(200, 100), i => Assert.InRange(host.Run(this, PacketBytes.Create(s_flow with { SourcePort = (ushort)i }, 0)).Slot, 2, 3));
    }

    /// <summary>The evaluator and the program side by side; a change of data keeps what both remember.</summary>
    private sealed class Host
    {
        private SteeringPolicy _policy;
        private readonly PolicyHost _host;
        private readonly PolicyCounters _counters;

        private PolicyEvaluator _evaluator;

        public Host(string text)
        {
            _policy = PolicyYaml.Read(text).Policy!;
            CompiledPolicy compiled = PolicyCompiler.Compile(_policy, Slots).Compiled!;
            _host = new PolicyHost(compiled, 0, [.. Enumerable.Repeat(true, Slots)]);
            _counters = new PolicyCounters(compiled.Counters);
            _evaluator = new PolicyEvaluator(_policy, Slots);
        }

        public PolicyDecision Run(StickyTests test, Packet? packet = null)
        {
            Packet arrived = packet ?? PacketBytes.Create(s_flow, 0);
            ulong random = test._environment.RandomState;
            PolicyDecision decision = _evaluator.Decide(arrived, test._selectable, test._environment);
            _counters.Add(decision);
            ulong after = test._environment.RandomState;
            test._environment.RandomState = random;
            Assert.Equal((decision.Verdict, decision.Slot), _host.Run(arrived, test._environment));
            test._environment.RandomState = after;
            Assert.Equal(_counters.Read(), _host.Counters());
            return decision;
        }

        public ulong Count(CounterKind kind) => _host.Counters().Single(reading => reading.Kind == kind).Value;

        public void Change(SlotStates states) => Use(_policy, states);

        public void Replace(string text) => Use(PolicyYaml.Read(text).Policy!, SlotStates.AllActive);

        private void Use(SteeringPolicy policy, SlotStates states)
        {
            _policy = policy;
            _host.Change(PolicyCompiler.Compile(policy, Slots, states).Compiled!);
            _evaluator = new PolicyEvaluator(policy, Slots, states, _evaluator);
        }
    }
}
