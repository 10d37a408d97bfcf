using System.Collections.Immutable;
using System.Net;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Engine.Scenarios;

namespace ReuseportPS.Contract;

/// <summary>Groups with own sockets: policies decide as their evaluator says, changes are as small as they can be, refusals change nothing.</summary>
public abstract class GroupContract<TWorld>(TWorld world) : GroupTest<TWorld>(world)
    where TWorld : World
{
    private const string Weighted = "by: weighted, weights: { 0: 60, 1: 30, 3: 10 }, key: source";

    private const string Rules = """
        version: 1
        policy: rules
        slots: { stable: [0, 2], canary: [1, 3] }
        lists: { office: [10.8.0.0/17, "fd08:0:40::/42"] }
        rules:
          - name: privileged ports
            when: { source-port: 0-1023 }
            reject: true
          - name: office
            when: { source: office }
            steer: { to: canary, by: hash, key: source }
          - name: v6
            when: { family: ipv6, source-port: 40000-60000 }
            steer: { by: slot, slot: 2 }
        otherwise: { to: stable, by: weighted, weights: { stable: 3 }, key: [source, source-port] }
        """;

    [Fact]
    public void Open_gives_a_kernel_group_for_each_protocol_and_address_and_a_seat_for_each_member()
    {
        ManagedGroup group = Catalog().Open(Request());

        Assert.Equal(GroupOwnership.Owned, group.Ownership);
        Assert.Equal(
            Both.SelectMany(protocol => new[] { World.ServerV4, World.ServerV6 }.Select(address => (protocol, new IPEndPoint(address, Port)))),
            group.KernelGroups.Select(key => (key.Protocol, key.EndPoint)));
        Assert.All(group.KernelGroups, key => Assert.Equal(World.Servers.Id, key.Namespace));
        Assert.Equal(Slots, group.SlotCount);
        for (int kernelGroup = 0; kernelGroup < 4; kernelGroup++)
        {
            ImmutableArray<IBackendSocket> sockets = group.OwnSockets[kernelGroup];
            Assert.Equal(sockets.Select(socket => socket.Cookie), group.ReadSlots().Select(slot => slot.Seats[kernelGroup].Cookie));
            Assert.Equal(AttachmentState.None, Backend.InspectAttachment(Record(sockets[0])).State);
        }

        Assert.Null(group.Policy);
        Assert.Empty(group.ProgramIds);
    }

    [Fact]
    public void Port_0_is_one_port_for_all()
    {
        ManagedGroup group = Catalog().Open(Request() with { Port = 0 });

        int port = Assert.Single(group.KernelGroups.Select(key => key.Port).Distinct());
        Assert.NotEqual(0, port);
        Assert.Equal(16, Backend.FindSockets(new SocketQuery(Port: port, Namespace: World.Servers, WithOwners: false)).Count);
    }

    [Theory]
    [InlineData("by: slot, slot: 2")]
    [InlineData("by: hash")]
    [InlineData("by: hash, key: source, seed: 77")]
    [InlineData("by: hash, to: [1, 3], key: [source, source-port]")]
    [InlineData(Weighted)]
    [InlineData("by: weighted, weights: { 0: 0, 1: 1, 2: 5 }")]
    [InlineData("reject: true")]
    [InlineData("by: kernel")]
    [InlineData(Rules)]
    public void Every_flow_arrives_where_the_policy_says_and_is_counted(string text)
    {
        SteeringPolicy policy = Policy(text);
        ManagedGroup group = Catalog().Open(Request());
        PolicyPlan plan = group.Apply(policy);
        Assert.Equal(PolicyChange.Program, plan.Change);
        Assert.Equal(4, group.ProgramIds.Distinct().Count());

        Decide(group, policy, Flows(240), new bool[] { true, true, true, true });
    }

    [Theory]
    [InlineData("by: slot, slot: 1")]
    [InlineData("by: hash")]
    [InlineData(Weighted)]
    [InlineData(Rules)]
    public void Empty_seats_are_missed_as_the_policy_says(string text)
    {
        SteeringPolicy policy = Policy(text);
        ManagedGroup group = Catalog().Open(Request());
        group.Apply(policy);

        foreach (ImmutableArray<IBackendSocket> kernelGroup in group.OwnSockets)
        {
            kernelGroup[1].Dispose();
        }

        Assert.All(group.ReadSlots()[1].Seats, seat => Assert.Equal(0UL, seat.Cookie));
        Decide(group, policy, Flows(120), new bool[] { true, false, true, true }, closed: 1);
    }

    [Theory]
    [InlineData("kernel")]
    [InlineData("reject")]
    [InlineData("{ slot: 3 }")]
    public void On_miss(string action)
    {
        SteeringPolicy policy = Policy($$"""
            version: 1
            policy: miss
            otherwise: { by: slot, slot: 1 }
            on-miss: {{action}}
            """);
        ManagedGroup group = Catalog().Open(Request());
        group.Apply(policy);
        foreach (ImmutableArray<IBackendSocket> kernelGroup in group.OwnSockets)
        {
            kernelGroup[1].Dispose();
        }

        Decide(group, policy, Flows(40), new bool[] { true, false, true, true }, closed: 1);
    }

    [Fact]
    public void Samples_are_read_from_the_group()
    {
        const int Flowing = 24;
        SteeringPolicy policy = Policy("version: 1\npolicy: sampled\notherwise: { by: hash }\nobserve: { sample: 1/1 }");
        ManagedGroup group = Catalog().Open(Request());
        Assert.Equal(GroupCodes.NoPolicy, Assert.Throws<DiagnosticException>(() => group.TakeSample()).Diagnostics[0].Code);
        group.Apply(Policy("by: hash"));
        Assert.Equal(GroupCodes.NoSamples, Assert.Throws<DiagnosticException>(() => group.TakeSample()).Diagnostics[0].Code);
        group.Apply(policy);
        FlowKey[] flows = Flows(Flowing);
        Decide(group, policy, flows, new bool[] { true, true, true, true });

        List<DecisionSample> samples = [];
        while (group.TakeSample() is DecisionSample sample)
        {
            samples.Add(sample);
        }

        Assert.Equal(flows, samples.Select(sample => sample.Flow));
        Assert.All(samples, sample => Assert.Equal((-1, PolicyVerdict.Slot), (sample.Rule, sample.Verdict)));
        Assert.Equal(0ul, group.CountLostSamples());
    }

    /// <summary>From one policy to another, and what that takes.</summary>
    [Theory]
    [InlineData(Weighted, Weighted, PolicyChange.None)]
    [InlineData(Weighted, "by: weighted, weights: { 0: 10, 1: 30, 3: 60 }, key: source", PolicyChange.Data)]
    [InlineData(Weighted, "by: weighted, weights: { 0: 10, 2: 30, 3: 60 }, key: source", PolicyChange.Data)]
    [InlineData(Weighted, "by: weighted, weights: { 0: 60, 1: 30, 3: 10 }, key: source-port", PolicyChange.Program)]
    [InlineData("by: slot, slot: 2", "by: hash", PolicyChange.Program)]
    [InlineData("by: slot, slot: 2", "reject: true", PolicyChange.Program)]
    public void A_change_is_as_small_as_it_can_be(string before, string after, PolicyChange expected) =>
        Change(Policy(before), Policy(after), expected);

    [Fact]
    public void An_edited_list_is_data() =>
        Change(Policy(Rules), Policy(Rules.Replace("10.8.0.0/17", "10.8.128.0/17, 10.8.3.0/24", StringComparison.Ordinal)), PolicyChange.Data);

    [Theory]
    [InlineData("by: slot, slot: 2")]
    [InlineData("by: hash")]
    [InlineData(Weighted)]
    [InlineData("reject: true")]
    public void Another_name_is_data(string text)
    {
        SteeringPolicy policy = Policy(text);
        Change(policy, policy with { Name = "renamed" }, PolicyChange.Data);
    }

    [Fact]
    public void Another_name_of_a_rule_is_data() =>
        Change(Policy(Rules), Policy(Rules.Replace("name: office", "name: bureau", StringComparison.Ordinal)), PolicyChange.Data);

    [Fact]
    public void Many_changes_of_data_one_after_the_other()
    {
        ManagedGroup group = Catalog().Open(Request());
        group.Apply(Policy(Weighted));
        ImmutableArray<uint> programs = group.ProgramIds;
        for (int weight = 1; weight <= 7; weight++)
        {
            SteeringPolicy policy = Policy($"by: weighted, weights: {{ 0: {weight}, 1: {8 - weight}, {2 + (weight % 2)}: 5 }}, key: source");
            Assert.Equal(PolicyChange.Data, group.Apply(policy).Change);
            Assert.Equal(programs, group.ProgramIds);
            FlowExperiment experiment = new(Backend, group, World.Clients);
            PolicyEvaluator evaluator = new(policy, Slots);
            Assert.All(Flows(16), flow => Assert.Equal(
                Slot(evaluator.Decide(flow, new bool[] { true, true, true, true }).Slot), experiment.Open(Opening(flow))));
        }
    }

    [Fact]
    public void Removing_the_policy_leaves_the_choice_to_the_kernel()
    {
        ManagedGroup group = Catalog().Open(Request());
        string without = Describe(group);
        group.Apply(Policy("by: slot, slot: 2"));
        Assert.NotEqual(without, Describe(group));

        group.RemovePolicy();

        Assert.Equal(without, Describe(group));
        Assert.Equal(GroupCodes.NoPolicy, RefusalCode(() => group.ReadCounters()));
        group.RemovePolicy();
        Assert.Equal(PolicyChange.Program, group.Apply(Policy("by: slot, slot: 2")).Change);
    }

    [Theory]
    [InlineData("by: slot, slot: 4")]
    [InlineData("by: hash, to: [0, 9]")]
    [InlineData("by: weighted, weights: { 0: 1, 7: 1 }")]
    public void A_policy_that_does_not_fit_changes_nothing(string text)
    {
        ManagedGroup group = Catalog().Open(Request());
        Unchanged(group, () => group.Apply(Policy(text)), "RPS4");
        group.Apply(Policy(Weighted));
        Unchanged(group, () => group.Apply(Policy(text)), "RPS4");
        Unchanged(group, () => group.Plan(Policy(text)), "RPS4");
    }

    /// <summary>A program that somebody else attached, before the first policy or over one, and what is applied then.</summary>
    [Theory]
    [InlineData(null, "by: slot, slot: 1")]
    [InlineData("by: slot, slot: 2", "by: slot, slot: 2")]
    [InlineData("by: slot, slot: 2", "by: slot, slot: 1")]
    [InlineData("by: slot, slot: 2", "by: hash")]
    [InlineData(Weighted, "by: weighted, weights: { 0: 10, 1: 30, 3: 60 }, key: source")]
    public void A_foreign_program_is_replaced_by_force_only(string? before, string after)
    {
        ManagedGroup group = Catalog().Open(Request());
        if (before is not null)
        {
            group.Apply(Policy(before));
        }

        IBackendProgram foreign = Load(TestPrograms.Return(0));
        group.OwnSockets[2][1].AttachProgram(foreign);

        Unchanged(group, () => group.Apply(Policy(after)), GroupCodes.ForeignProgram);
        if (before is not null)
        {
            Unchanged(group, () => group.RemovePolicy(), GroupCodes.ForeignProgram);
        }

        group.Apply(Policy(after), force: true);

        Assert.Equal(group.ProgramIds, group.OwnSockets.Select(sockets => Backend.InspectAttachment(Record(sockets[0])).ProgramId));
        PolicyEvaluator evaluator = new(Policy(after), Slots);
        FlowExperiment experiment = new(Backend, group, World.Clients);
        Assert.All(Flows(24), flow => Assert.Equal(
            Slot(evaluator.Decide(flow, new bool[] { true, true, true, true }).Slot), experiment.Open(Opening(flow))));
    }

    [Fact]
    public void A_program_that_somebody_detached_is_attached_again()
    {
        ManagedGroup group = Catalog().Open(Request());
        SteeringPolicy policy = Policy("by: slot, slot: 2");
        group.Apply(policy);
        group.OwnSockets[1][0].DetachProgram();

        Assert.Equal(PolicyChange.Program, group.Plan(policy).Change);
        group.Apply(policy);

        Assert.All(Flows(8), flow => Assert.Equal(Slot(2), new FlowExperiment(Backend, group, World.Clients).Open(Opening(flow))));
        Assert.Equal(PolicyChange.None, group.Plan(policy).Change);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-web")]
    [InlineData(".web")]
    [InlineData("web/1")]
    [InlineData("web 1")]
    [InlineData("wéb")]
    [InlineData("../web")]
    [InlineData("a2345678901234567890123456789012345678901234567890123456789012345")]
    public void Bad_names_are_refused(string name)
    {
        GroupCatalog catalog = Catalog();

        Assert.Equal(GroupCodes.BadName, RefusalCode(() => catalog.Open(Request(name))));
        Assert.Equal(GroupCodes.BadName, RefusalCode(() => catalog.Adopt(new GroupAdoptRequest(name, null, Port, null, [], World.Servers))));
        Assert.Empty(Sockets());
    }

    [Theory]
    [InlineData("a")]
    [InlineData("Web.1_x-Y")]
    [InlineData("0123456789012345678901234567890123456789012345678901234567890123")]
    public void Good_names_are_kept(string name)
    {
        GroupCatalog catalog = Catalog();
        ManagedGroup group = catalog.Open(Request(name));

        Assert.Equal(name, group.Name);
        Assert.Contains(name, catalog.Names);
        Assert.Same(group, catalog.Find(name));
        Assert.Equal(GroupCodes.GroupExists, RefusalCode(() => catalog.Open(Request(name) with { Port = World.NextPort() })));
        Assert.Equal(16, Sockets().Count);
    }

    [Fact]
    public void Requests_that_make_no_sense_are_refused()
    {
        GroupCatalog catalog = Catalog();
        GroupOpenRequest[] requests =
        [
            Request() with { SlotCount = 0 }, Request() with { SlotCount = 32769 }, Request() with { Addresses = [] }, Request() with { Protocols = [] },
        ];

        Assert.All(requests, request => Assert.Equal(GroupCodes.BadRequest, RefusalCode(() => catalog.Open(request))));
        Assert.Empty(catalog.Names);
    }

    [Theory]
    [InlineData("udp4 -reuseport")]
    [InlineData("tcp6 -reuseport")]
    [InlineData("tcp4 any -reuseport")]
    public void An_address_in_use_leaves_nothing_open(string occupant)
    {
        _ = Open(occupant);
        GroupCatalog catalog = Catalog();

        Assert.Equal(Errno.EADDRINUSE, Refusal(() => catalog.Open(Request())));

        Assert.Single(Sockets());
        Assert.Empty(catalog.Names);
    }

    [Fact]
    public void Removing_a_group_closes_its_sockets()
    {
        GroupCatalog catalog = Catalog();
        ManagedGroup group = catalog.Open(Request());
        group.Apply(Policy(Weighted));
        ImmutableArray<uint> programs = group.ProgramIds;

        catalog.Remove(Name);

        Assert.Empty(Sockets());
        Assert.Null(catalog.Find(Name));
        Assert.Equal(GroupCodes.GroupNotFound, RefusalCode(() => catalog.Remove(Name)));
        Assert.All(programs, id => Assert.True(Becomes(() => !Exists(id))));
        _ = catalog.Open(Request());
    }

    private IReadOnlyList<SocketRecord> Sockets() => Backend.FindSockets(new SocketQuery(Port: Port, Namespace: World.Servers, WithOwners: false));

    private void Unchanged(ManagedGroup group, Action operation, string code)
    {
        string before = Describe(group);

        Assert.StartsWith(code, RefusalCode(operation), StringComparison.Ordinal);

        Assert.Equal(before, Describe(group));
    }

    private void Change(SteeringPolicy before, SteeringPolicy after, PolicyChange expected)
    {
        ManagedGroup group = Catalog().Open(Request());
        group.Apply(before);
        FlowExperiment experiment = new(Backend, group, World.Clients);
        FlowKey[] flows = Flows(48);
        PolicyCounters counters = new(CounterLayout.For(after, Slots));
        PolicyEvaluator evaluator = new(before, Slots);
        foreach (FlowKey flow in flows[..24])
        {
            experiment.Open(Opening(flow));
            if (expected != PolicyChange.Program)
            {
                counters.Add(evaluator.Decide(flow, new bool[] { true, true, true, true }));
            }
        }

        ImmutableArray<uint> programs = group.ProgramIds;

        Assert.Equal(expected, group.Plan(after).Change);
        Assert.Equal(programs, group.ProgramIds);
        Assert.Equal(before, group.Policy);
        Assert.Equal(expected, group.Apply(after).Change);

        Assert.Equal(after, group.Policy);
        Assert.Equal(expected != PolicyChange.Program, programs.SequenceEqual(group.ProgramIds));
        Assert.Equal(group.ProgramIds, group.OwnSockets.Select(sockets => Backend.InspectAttachment(Record(sockets[0])).ProgramId));
        Assert.Equal(PolicyChange.None, group.Plan(after).Change);
        evaluator = new PolicyEvaluator(after, Slots);
        foreach (FlowKey flow in flows[24..])
        {
            PolicyDecision decision = evaluator.Decide(flow, new bool[] { true, true, true, true });
            counters.Add(decision);
            Assert.Equal(Expected(decision), experiment.Open(Opening(flow)));
        }

        Assert.Equal(Counts(counters.Read()), Counts(group.ReadCounters()));
    }

    private void Decide(ManagedGroup group, SteeringPolicy policy, FlowKey[] flows, bool[] selectable, int closed = -1)
    {
        PolicyEvaluator evaluator = new(policy, Slots);
        PolicyCounters counters = new(CounterLayout.For(policy, Slots));
        ImmutableArray<IBackendSocket> open = [.. group.OwnSockets.SelectMany(sockets => sockets.Where((_, slot) => slot != closed))];
        Dictionary<ulong, int> slots = group.OwnSockets.SelectMany(sockets => sockets.Select((socket, slot) => (socket, slot)))
            .Where(pair => pair.slot != closed).ToDictionary(pair => pair.socket.Cookie, pair => pair.slot);
        FlowExperiment experiment = new(Backend, [open], World.Clients);
        foreach (FlowKey flow in flows)
        {
            PolicyDecision decision = evaluator.Decide(flow, selectable);
            counters.Add(decision);
            FlowArrival arrival = experiment.Open(Opening(flow));
            FlowArrival at = arrival.Kind == ArrivalKind.Slot ? Slot(slots[open[arrival.Slot].Cookie]) : arrival;
            if (decision.Verdict == PolicyVerdict.Kernel)
            {
                Assert.Equal(ArrivalKind.Slot, at.Kind);
            }
            else
            {
                Assert.Equal((flow, Expected(decision)), (flow, at));
            }
        }

        Assert.Equal(Counts(counters.Read()), Counts(group.ReadCounters()));
    }

    private static FlowArrival Expected(PolicyDecision decision) => decision.Verdict == PolicyVerdict.Reject ? Rejected : Slot(decision.Slot);
}
