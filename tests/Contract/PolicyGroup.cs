using System.Buffers.Binary;
using System.Collections.Immutable;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Execution;
using ReuseportPS.Engine.Helpers;
using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Contract;

/// <summary>
/// A policy on a backend and in the evaluator: two dual-stack groups, of datagrams and of connections, with a member of each for every slot. Every packet is sampled,
/// so that what the program decided is known of those too that nobody gets.
/// </summary>
public sealed class PolicyGroup : IDisposable
{
    private readonly World _world;
    private readonly SteeringPolicy _policy;
    private readonly CompiledPolicy _compiled;
    private readonly IBackendMap[] _maps;
    private readonly Kind[] _kinds;
    private readonly bool[] _selectable;
    private readonly PolicyCounters _counters;
    private readonly ExecutionEnvironment _environment = new() { MonotonicTime = 1_000_000_000_000 };
    private readonly byte[] _buffer = new byte[ushort.MaxValue];
    private PolicyEvaluator _evaluator;
    private SlotStates _states = SlotStates.AllActive;
    private uint _epoch;

    /// <summary>Opens the members and attaches the programs.</summary>
    /// <param name="world">Where.</param>
    /// <param name="policy">The policy; it is sampled whatever it says.</param>
    /// <param name="slotCount">Slots.</param>
    /// <param name="port">Port of both groups.</param>
    /// <param name="forgets">Whether the program finds no flow in its tables when it decides, as one that is a moment too early.</param>
    public PolicyGroup(World world, SteeringPolicy policy, int slotCount, int port, bool forgets = false)
    {
        (_world, Port, _policy, Forgets) = (world, port, policy with { SampleOneIn = 1 }, forgets);
        _selectable = new bool[slotCount];
        _kinds = [new Kind("udp6 any"), new Kind("tcp6 any")];
        _compiled = Compile();
        _maps = new IBackendMap[_compiled.Program.Maps.Length];
        for (int index = 0; index < _maps.Length; index++)
        {
            if (index != _compiled.Maps.Seats)
            {
                _maps[index] = world.Backend.CreateMap(_compiled.Program.Maps[index]);
            }
        }

        FillBank(_compiled.Bank);
        foreach (Kind kind in _kinds)
        {
            kind.Seats = world.Backend.CreateMap(_compiled.Program.Maps[_compiled.Maps.Seats]);
            kind.Members = new IBackendSocket?[slotCount];
        }

        for (int slot = 0; slot < slotCount; slot++)
        {
            Open(slot);
        }

        foreach (Kind kind in _kinds)
        {
            kind.Program = world.Backend.LoadProgram(
                Forgets ? Forgetful(_compiled).Program : _compiled.Program, [.. _maps.Select((map, index) => index == _compiled.Maps.Seats ? kind.Seats! : map)]);
            kind.Members[0]!.AttachProgram(kind.Program);
        }

        _evaluator = new PolicyEvaluator(_policy, slotCount, _states);
        _counters = new PolicyCounters(_compiled.Counters);
        Use(_states);
    }

    /// <summary>Whether the flow tables are looked into only after a flow is put in.</summary>
    public bool Forgets { get; }

    /// <summary>Port of both groups.</summary>
    public int Port { get; }

    /// <summary>The cookie of the socket that gets a slot's datagrams.</summary>
    public ulong Cookie(int slot) => _kinds[0].Members[slot]!.Cookie;

    /// <summary>The cookie of the socket that gets a slot's connections.</summary>
    public ulong ListenerCookie(int slot) => _kinds[1].Members[slot]!.Cookie;

    public SlotStates States => _states;

    /// <summary>Sends a packet on a CPU, sees that it was decided as the language means and went there, and says where.</summary>
    public (PolicyVerdict Verdict, int Slot) Send(byte[] bytes, int cpu)
    {
        Assert.Equal(ParseOutcome.Packet, PacketParser.Parse(LinkType.Raw, bytes, bytes.Length, out Packet packet));
        _world.Backend.RunOn(cpu, _world.Clients, () => _world.Inject(bytes));

        DecisionSample sample = Assert.Single(TakeSamples());
        _environment.Cpu = cpu;
        Assert.Equal((_epoch, packet.Flow), (sample.Epoch, sample.Rule == -2 ? packet.Flow : sample.Flow));
        if (!Forgets)
        {
            PolicyDecision expected = _evaluator.Decide(packet, _selectable, _environment);
            _counters.Add(expected, _epoch);
            int rule = expected.Basis switch { CounterKind.Rule => expected.Rule, CounterKind.Otherwise => -1, _ => -2 };
            Assert.Equal((rule, expected.Verdict, expected.Slot), (sample.Rule, sample.Verdict, sample.Slot));
            Assert.Equal(expected.Misses > 0, sample.Error != Errno.None);
        }

        Assert.Equal((uint)packet.TransportLength, sample.Length);
        if (packet.Flow.Protocol == TransportProtocol.Udp)
        {
            AssertArrived(packet, sample);
        }

        return (sample.Verdict, sample.Slot);
    }

    /// <summary>Closes both members of a slot.</summary>
    public void Stop(int slot)
    {
        _selectable[slot] = false;
        foreach (Kind kind in _kinds)
        {
            kind.Members[slot]!.Dispose();
            kind.Members[slot] = null;
        }

        Use(_states);
    }

    /// <summary>Others sit down in a slot.</summary>
    public void Reopen(int slot)
    {
        Open(slot);
        Use(_states.Reseated(slot));
    }

    /// <summary>Changes the data.</summary>
    public void Use(SlotStates states)
    {
        _states = states with
        {
            Cookies = Enumerable.Range(0, _selectable.Length).Where(slot => _selectable[slot])
                .ToImmutableDictionary(slot => slot, slot => _kinds.Select(kind => kind.Members[slot]!.Cookie).ToImmutableArray()),
        };
        _evaluator = new PolicyEvaluator(_policy, _selectable.Length, _states, _evaluator);
        if (_compiled.Maps.Epoch < 0)
        {
            return;
        }

        _epoch++;
        FillBank(Compile().Bank);
        _maps[_compiled.Maps.Epoch].Update(Key(0), BitConverter.GetBytes(_epoch));
        _world.Backend.WaitForReaders();
    }

    public void LetTimePass(TimeSpan time)
    {
        _world.Backend.LetTimePass(time);
        _environment.MonotonicTime += (ulong)time.TotalNanoseconds;
    }

    /// <summary>What the program counted; it is what the evaluator did.</summary>
    public ImmutableArray<CounterReading> Counters()
    {
        ImmutableArray<CounterReading> readings = _compiled.Counters.Read(
            _maps[_compiled.Maps.Counters].Lookup(Key(0)), [.. Enumerable.Range(0, _selectable.Length).Select(slot => _maps[_compiled.Maps.SlotCounters].Lookup(Key(slot))!)]);
        if (!Forgets)
        {
            Assert.Equal(_counters.Read(), readings);
        }

        return readings;
    }

    public void Dispose()
    {
        foreach (Kind kind in _kinds)
        {
            foreach (IBackendSocket? member in kind.Members)
            {
                member?.Dispose();
            }

            kind.Program?.Dispose();
            kind.Seats?.Dispose();
        }

        foreach (IBackendMap? map in _maps)
        {
            map?.Dispose();
        }
    }

    /// <summary>Without the look into the flow table that is before every other: the call that looks finds nothing.</summary>
    private static CompiledPolicy Forgetful(CompiledPolicy policy)
    {
        ImmutableArray<Instruction> code = policy.Program.Instructions;
        int first = Enumerable.Range(0, code.Length).First(i =>
            code[i] == Instructions.LoadMap(Register.R1, policy.Maps.Flows[0]) && code.AsSpan(i..).IndexOf(Instructions.CallHelper(HelperId.MapLookupElement)) is >= 0 and < 6);
        int call = first + code.AsSpan(first..).IndexOf(Instructions.CallHelper(HelperId.MapLookupElement));
        return policy with { Program = policy.Program with { Instructions = code.SetItem(call, Instructions.MoveImmediate(Register.R0, 0)) } };
    }

    private CompiledPolicy Compile()
    {
        PolicyCompilation compilation = PolicyCompiler.Compile(_policy, _selectable.Length, _states);
        return compilation.Compiled ?? throw new InvalidOperationException(string.Join('\n', compilation.Diagnostics));
    }

    private void Open(int slot)
    {
        _selectable[slot] = true;
        foreach (Kind kind in _kinds)
        {
            SocketText text = SocketText.Parse(kind.Text);
            IBackendSocket member = _world.Backend.CreateSocket(text.ToSpec(_world), _world.Servers);
            kind.Members[slot] = member;
            member.Bind(text.EndPoint(_world, Port));
            if (text.Protocol == TransportProtocol.Tcp)
            {
                member.Listen(128);
            }

            kind.Seats!.UpdateSocket((uint)slot, member);
        }
    }

    /// <summary>A datagram is with the slot of its decision, or with anybody where the kernel chose; nobody else has anything.</summary>
    private void AssertArrived(in Packet packet, DecisionSample sample)
    {
        IBackendSocket[] members = [.. _kinds[0].Members.OfType<IBackendSocket>()];
        if (sample.Verdict != PolicyVerdict.Reject)
        {
            IBackendSocket? arrival = _world.Backend.WaitForArrival(members, TimeSpan.FromSeconds(2));
            Assert.NotNull(arrival);
            Assert.True(sample.Verdict == PolicyVerdict.Kernel || arrival == _kinds[0].Members[sample.Slot], $"decided {sample}, arrived elsewhere");
            Assert.True(arrival.TryReceive(_buffer, out int length, out _));
            Assert.Equal(packet.TransportLength - 8, length);
        }

        Assert.Null(_world.Backend.WaitForArrival(members, TimeSpan.Zero));
    }

    private List<DecisionSample> TakeSamples()
    {
        List<DecisionSample> samples = [];
        while (_maps[_compiled.Maps.Samples].Consume() is { } record)
        {
            samples.Add(DecisionSample.Read(record));
        }

        return samples;
    }

    private void FillBank(PolicyBank bank)
    {
        Fill(_compiled.Maps.Tables, bank.Tables);
        Fill(_compiled.Maps.Lists, bank.Lists);
    }

    private void Fill(int outer, ImmutableArray<MapSpec> inner)
    {
        for (int index = 0; index < inner.Length; index++)
        {
            using IBackendMap map = _world.Backend.CreateMap(inner[index]);
            _maps[outer].UpdateMap((uint)((_epoch % 2 * inner.Length) + index), map);
        }
    }

    private static byte[] Key(int index)
    {
        byte[] key = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(key, index);
        return key;
    }

    private sealed class Kind(string text)
    {
        public string Text { get; } = text;

        public IBackendSocket?[] Members { get; set; } = [];

        public IBackendMap? Seats { get; set; }

        public IBackendProgram? Program { get; set; }
    }
}
