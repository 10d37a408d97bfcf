using System.Collections.Immutable;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Engine.Scenarios;
using ReuseportPS.Yaml;

namespace ReuseportPS.Contract;

/// <summary>Groups over sockets that were there before: adopting disturbs nobody, refusals change nothing, and another shell finds the group again.</summary>
public abstract class AdoptionContract<TWorld>(TWorld world) : GroupTest<TWorld>(world)
    where TWorld : World
{
    private const string Weighted = "by: weighted, weights: { 0: 60, 1: 30, 2: 10 }, key: source";

    [Theory]
    [InlineData("udp4")]
    [InlineData("udp6")]
    [InlineData("tcp4")]
    [InlineData("tcp6")]
    [InlineData("udp4 any")]
    [InlineData("tcp6 any")]
    public void Adopting_seats_everybody_in_the_order_of_the_kernel_and_moves_nothing(string kind)
    {
        IBackendSocket[] members = [.. OpenMany(kind, 5)];
        members[1].Dispose();
        members = [members[0], members[4], members[2], members[3]];
        FlowKey[] flows = [.. Enumerable.Range(0, 32).Select(_ => Flow(kind))];
        FlowArrival[] before = [.. flows.Select(flow => Arrival(flow, members))];

        using ManagedGroup group = Catalog().Adopt(Adoption);

        Assert.Equal((GroupOwnership.Adopted, 4), (group.Ownership, group.SlotCount));
        Assert.Equal(members.Select(member => member.Cookie), group.ReadSlots().Select(slot => Assert.Single(slot.Seats).Cookie));
        Assert.Equal(Assert.Single(group.ProgramIds), Backend.InspectAttachment(Record(members[0])).ProgramId);
        Assert.Equal(before, flows.Select(flow => Arrival(flow, members)));
        Assert.Empty(group.OwnSockets.SelectMany(sockets => sockets));
        Assert.Null(group.Policy);
    }

    [Fact]
    public void Every_kernel_group_on_the_port_becomes_part_of_the_group()
    {
        string[] kinds = ["tcp4", "tcp6", "udp4", "udp6 any"];
        Dictionary<string, IBackendSocket[]> members = kinds.ToDictionary(kind => kind, kind => OpenMany(kind, 2).ToArray());

        using ManagedGroup all = Catalog().Adopt(Adoption);
        Assert.Equal(4, all.KernelGroups.Length);
        all.Apply(Policy("by: slot, slot: 1"));

        foreach (string kind in kinds)
        {
            Assert.Equal(Slot(1), Arrival(Flow(kind), members[kind]));
        }

        Assert.Equal(4UL, all.ReadCounters().Single(counter => counter is { Kind: CounterKind.Slot, Index: 1 }).Value);
    }

    [Theory]
    [InlineData("udp4")]
    [InlineData("udp6")]
    [InlineData("tcp4")]
    [InlineData("tcp6")]
    public void A_frozen_choice_moves_nothing_and_gives_nothing_to_those_who_join(string kind)
    {
        IBackendSocket[] members = [.. OpenMany(kind, 5)];
        members[1].Dispose();
        members = [members[0], members[4], members[2], members[3]];
        FlowKey[] flows = [.. Enumerable.Range(0, 64).Select(_ => Flow(kind))];
        FlowArrival[] before = [.. flows.Select(flow => Arrival(flow, members))];

        using ManagedGroup group = Catalog().Adopt(Adoption with { Freeze = true });

        Assert.Equal(("frozen-hash", null), (group.Program?.Name, group.Policy));
        Assert.Equal(before, flows.Select(flow => Arrival(flow, members)));
        IBackendSocket[] all = [.. members, .. OpenMany(kind, 2)];
        Assert.Equal(before, flows.Select(flow => Arrival(flow, all)));
        using ManagedGroup again = Catalog().Find(Name)!;
        Assert.Equal(2, again.Synchronize().Seated.Length);
        Assert.Equal(("frozen-hash", 6), (again.Program?.Name, again.SlotCount));
        Assert.Equal(before, flows.Select(flow => Arrival(flow, all)));

        // Without it they take their share.
        again.RemovePolicy();
        Assert.NotEqual(before, flows.Select(flow => Arrival(flow, all)));
    }

    [Fact]
    public void A_frozen_choice_holds_beside_sockets_that_are_connected_and_when_a_member_connects()
    {
        // Who connects leaves the group (from 6.13 on), so that the kernel's choice among the others is by order and hash alone.
        List<IBackendSocket> members = [.. OpenMany("udp4", 5)];
        FlowKey peer = Flow("udp4");
        members[1].Connect(peer.SourceEndPoint);
        FlowKey[] flows = [.. Enumerable.Range(0, 64).Select(_ => Flow("udp4"))];
        FlowArrival[] before = Arrivals();
        Assert.DoesNotContain(Slot(1), before);

        using ManagedGroup group = Catalog().Adopt(Adoption with { Freeze = true });

        Assert.Equal(new[] { 0, 4, 2, 3 }.Select(index => members[index].Cookie), group.ReadSlots().Select(slot => slot.Seats[0].Cookie));
        Assert.Equal(before, Arrivals());
        Assert.Equal(Slot(1), Arrival(peer, members));

        // A seat that is left moves its own flows, to whom the kernel chooses, and no other.
        members[2].Connect(Flow("udp4").SourceEndPoint);
        Assert.True(Becomes(() => group.ReadSlots()[2].Seats[0].Cookie == 0));
        FlowArrival[] after = Arrivals();
        Assert.DoesNotContain(Slot(2), after);
        Assert.Equal(before.Where(arrival => arrival.Slot != 2), after.Where((_, index) => before[index].Slot != 2));

        // The connected ones are no members that want a seat.
        Assert.Empty(group.Synchronize().Seated);
        Assert.Equal(after, Arrivals());

        FlowArrival[] Arrivals() => [.. flows.Select(flow => Arrival(flow, members))];
    }

    [Fact]
    public void What_the_kernel_does_not_choose_by_hash_and_order_alone_cannot_be_frozen()
    {
        IBackendSocket[] members = [.. OpenMany("udp4", 3)];
        members[1].SetOption(SocketOption.IncomingCpu, 0);
        GroupAdoptRequest request = Adoption with { Freeze = true };
        string message = Assert.ThrowsAny<DiagnosticException>(() => Catalog().Adopt(request)).Message;
        Assert.Contains("SO_INCOMING_CPU 0", message, StringComparison.Ordinal);
        Refused(() => Catalog().Adopt(request), GroupCodes.CannotFreeze, members);

        members[1].SetOption(SocketOption.IncomingCpu, -1);
        Catalog().Adopt(request with { Freeze = false }).Dispose();
        Assert.Equal(GroupCodes.CannotFreeze, RefusalCode(() => Catalog().Adopt(request)));
        Catalog().Remove(Name);
        Catalog().Adopt(request).Dispose();
        Catalog().Adopt(request).Dispose();
    }

    [Fact]
    public void A_member_that_is_not_adopted_with_the_others_cannot_be_frozen_out()
    {
        using Stranger stranger = World.StartStranger([.. Enumerable.Repeat(SocketText.Parse("udp4"), 2)], Port);
        IBackendSocket[] members = [.. OpenMany("udp4", 1)];
        string message = Assert.ThrowsAny<DiagnosticException>(() => Catalog().Adopt(Adoption with { Freeze = true, ProcessIds = [stranger.ProcessId] })).Message;
        Assert.Contains($"cookie {members[0].Cookie} is not among the sockets", message, StringComparison.Ordinal);
        Assert.DoesNotContain(Name, Backend.Pins.List());
    }

    [Fact]
    public void A_request_can_be_narrower()
    {
        _ = OpenMany("tcp4", 2);
        _ = OpenMany("udp4", 2);
        _ = OpenMany("udp4 any", 2);
        using ManagedGroup group = Catalog().Adopt(Adoption with { Protocol = TransportProtocol.Udp, Address = World.ServerV4 });

        KernelGroupKey key = Assert.Single(group.KernelGroups);
        Assert.Equal((TransportProtocol.Udp, World.ServerV4), (key.Protocol, key.Address));
    }

    [Fact]
    public void Sockets_of_another_process_are_adopted_and_steered_and_their_seats_empty_when_it_ends()
    {
        string[] kinds = ["udp4", "udp4", "udp4", "tcp6", "tcp6", "tcp6"];
        using Stranger stranger = World.StartStranger([.. kinds.Select(SocketText.Parse)], Port);
        using GroupCatalog catalog = Catalog();
        using ManagedGroup group = catalog.Adopt(Adoption with { ProcessIds = [stranger.ProcessId] });

        Assert.Equal(3, group.SlotCount);
        Assert.Equal(2, group.KernelGroups.Length);
        Assert.Equal(stranger.Cookies.Order(), group.ReadSlots().SelectMany(slot => slot.Seats).Select(seat => seat.Cookie).Order());
        Assert.All(Found(), socket => Assert.Contains(socket.Owners, owner => owner.ProcessId == stranger.ProcessId));

        group.Apply(Policy("by: slot, slot: 2"));
        int udp = group.KernelGroups.Select(key => key.Protocol).ToList().IndexOf(TransportProtocol.Udp);
        foreach (int kernelGroup in (int[])[udp, 1 - udp])
        {
            IBackendSocket client = ConnectClient(kernelGroup == udp ? "udp4" : "tcp6");
            if (kernelGroup == udp)
            {
                client.Send([1, 2, 3]);
            }

            // Whose queue it waits in shows whom it was given to.
            ulong chosen = group.ReadSlots()[2].Seats[kernelGroup].Cookie;
            Assert.True(Becomes(() => Found().Single(socket => socket.Cookie == chosen).ReceiveQueue > 0));
            Assert.Equal(kernelGroup == udp ? 1 : 2, Found().Count(socket => socket.ReceiveQueue > 0));
        }

        stranger.Dispose();

        Assert.True(Becomes(() => group.ReadSlots().SelectMany(slot => slot.Seats).All(seat => seat.Cookie == 0)));
        Assert.Equal(GroupCodes.NoMember, RefusalCode(() => group.Apply(Policy("by: hash"))));
        catalog.Remove(Name);
        Assert.DoesNotContain(Name, Backend.Pins.List());
    }

    [Fact]
    public void Adopting_again_changes_nothing()
    {
        IBackendSocket[] members = [.. OpenMany("udp4", 3)];
        GroupCatalog catalog = Catalog();
        string before;
        using (ManagedGroup group = catalog.Adopt(Adoption))
        {
            group.Apply(Policy("by: slot, slot: 1"));
            before = Describe(group, members: members);
        }

        using ManagedGroup again = Catalog().Adopt(Adoption);
        Assert.Equal(before, Describe(again, members: members));

        // With a member more it is another thing.
        _ = Open("udp4");
        Assert.Equal(GroupCodes.GroupExists, RefusalCode(() => catalog.Adopt(Adoption)));
    }

    [Fact]
    public void A_name_that_is_taken()
    {
        GroupCatalog catalog = Catalog();
        _ = catalog.Open(new GroupOpenRequest("taken", Both, [World.ServerV4], World.NextPort(), 1, World.Servers));
        IBackendSocket[] members = [.. OpenMany("udp4", 2)];

        Refused(() => catalog.Adopt(Adoption with { Name = "taken" }), GroupCodes.GroupExists, members);

        using ManagedGroup group = catalog.Adopt(Adoption);
        Assert.Equal(GroupCodes.GroupExists, RefusalCode(() => catalog.Open(new GroupOpenRequest(
            Name, Both, [World.ServerV4], World.NextPort(), 1, World.Servers))));
    }

    [Fact]
    public void A_port_nobody_listens_on() => Refused(() => Catalog().Adopt(Adoption), GroupCodes.NobodyListens, []);

    [Theory]
    [InlineData("udp4 -reuseport")]
    [InlineData("tcp6 any -reuseport")]
    public void Sockets_without_the_option(string kind) => Refused(() => Catalog().Adopt(Adoption), GroupCodes.NotReuseport, [Open(kind)]);

    [Fact]
    public void Sockets_some_of_which_are_without_the_option()
    {
        IBackendSocket[] members = [.. OpenMany("udp4", 2), .. OpenMany("tcp4 -reuseport", 1)];

        Refused(() => Catalog().Adopt(Adoption), GroupCodes.NotReuseport, members[..2]);
    }

    [Fact]
    public void A_foreign_program_is_left_without_force_and_replaced_with_it()
    {
        IBackendSocket[] members = [.. OpenMany("udp4", 2), .. OpenMany("udp6", 2)];
        members[3].AttachProgram(Load(TestPrograms.Return(0)));

        Refused(() => Catalog().Adopt(Adoption), GroupCodes.ForeignProgram, members);

        using ManagedGroup group = Catalog().Adopt(Adoption with { Force = true });
        Assert.Equal(ArrivalKind.Slot, Arrival(Flow("udp6"), members).Kind);
        Assert.Equal(group.ProgramIds.Order(), ((int[])[0, 2]).Select(i => Backend.InspectAttachment(Record(members[i])).ProgramId).Order());
    }

    [Fact]
    public void A_socket_that_sits_elsewhere_cannot_be_seated()
    {
        IBackendSocket[] members = [.. OpenMany("udp4", 3)];
        _ = CreateSeats([members[1]]);
        Assert.Equal(Errno.EBUSY, Refusal(() => Catalog().Adopt(Adoption)));

        Assert.DoesNotContain(Name, Backend.Pins.List());
        Assert.Equal(AttachmentState.None, Backend.InspectAttachment(Record(members[0])).State);
        Assert.True(AreUnseated([members[0], members[2]]));
    }

    [Fact]
    public void Another_shell_finds_the_group_with_its_policy_and_changes_and_removes_it()
    {
        IBackendSocket[] members = [.. OpenMany("udp4", 3)];
        SteeringPolicy policy = Policy(Weighted);
        string before;
        ImmutableArray<uint> programs;
        ImmutableArray<CounterReading> counters;
        using (GroupCatalog first = Catalog())
        {
            using ManagedGroup group = first.Adopt(Adoption);
            group.Apply(policy);
            before = Describe(group, members: members);
            programs = group.ProgramIds;
            counters = group.ReadCounters();
            Assert.True(counters.Single(counter => counter.Kind == CounterKind.Otherwise).Value > 0);
        }

        using (GroupCatalog second = Catalog())
        {
            Assert.Contains(Name, second.Names);
            using ManagedGroup group = second.Find(Name)!;
            Assert.Equal(policy, group.Policy);
            Assert.Equal(counters, group.ReadCounters());
            Assert.Equal(before, Describe(group, members: members));
            Assert.Equal(PolicyChange.None, group.Apply(policy).Change);
            Assert.Equal(PolicyChange.Data, group.Apply(Policy("by: weighted, weights: { 0: 10, 1: 10, 2: 80 }, key: source")).Change);
            Assert.Equal(programs, group.ProgramIds);
        }

        using (GroupCatalog third = Catalog())
        {
            using ManagedGroup group = third.Find(Name)!;
            PolicyEvaluator evaluator = new(group.Policy!, 3);
            Assert.All(Enumerable.Range(0, 24).Select(_ => Flow("udp4")), flow => Assert.Equal(
                Slot(evaluator.Decide(flow, new bool[] { true, true, true }).Slot), Arrival(flow, members)));
            Assert.Equal(PolicyChange.Program, group.Apply(Policy("by: slot, slot: 0")).Change);
            Assert.Equal(Slot(0), Arrival(Flow("udp4"), members));
            group.RemovePolicy();
            Assert.Equal(PolicyChange.Program, group.Apply(Policy("by: slot, slot: 2")).Change);
            Assert.Equal(Slot(2), Arrival(Flow("udp4"), members));
        }

        using (GroupCatalog last = Catalog())
        {
            last.Remove(Name);
            Assert.Null(last.Find(Name));
            Assert.Equal(GroupCodes.GroupNotFound, RefusalCode(() => last.Remove(Name)));
        }

        Assert.DoesNotContain(Name, Backend.Pins.List());
        Assert.Equal(AttachmentState.None, Backend.InspectAttachment(Record(members[0])).State);
        Assert.True(AreUnseated(members));
    }

    [Fact]
    public void Two_shells_that_change_the_group_in_turn_see_what_the_other_did()
    {
        IBackendSocket[] members = [.. OpenMany("udp4", 3)];
        Catalog().Adopt(Adoption).Dispose();
        using ManagedGroup one = Catalog().Find(Name)!;
        using ManagedGroup other = Catalog().Find(Name)!;
        SteeringPolicy even = Policy(Weighted);
        SteeringPolicy odd = Policy("by: weighted, weights: { 2: 1 }, key: source");
        Assert.Equal(PolicyChange.Program, one.Apply(even).Change);
        Assert.Equal(PolicyChange.None, other.Apply(even).Change);
        Assert.Equal(PolicyChange.Data, other.Apply(odd).Change);

        Assert.Equal(PolicyChange.Data, one.Plan(even).Change);
        Assert.Equal(odd, one.Policy);
        Assert.Equal(PolicyChange.None, one.Apply(odd).Change);
        Assert.Equal(PolicyChange.Program, one.Apply(Policy("by: slot, slot: 1")).Change);
        other.RemovePolicy();

        Assert.Equal(AttachmentState.None, Backend.InspectAttachment(Record(members[0])).State);
        Assert.Equal(PolicyChange.Program, one.Apply(Policy("by: slot, slot: 1")).Change);
        Assert.Equal(Slot(1), Arrival(Flow("udp4"), members));
    }

    [Fact]
    public void A_group_that_lost_its_program_to_another_is_removed_by_force_only()
    {
        IBackendSocket[] members = [.. OpenMany("udp4", 2)];
        GroupCatalog catalog = Catalog();
        using (ManagedGroup group = catalog.Adopt(Adoption))
        {
            group.Apply(Policy("by: slot, slot: 1"));
        }

        members[0].AttachProgram(Load(TestPrograms.Return(0)));
        Assert.Equal(GroupCodes.ForeignProgram, RefusalCode(() => catalog.Remove(Name)));
        Assert.Contains(Name, Backend.Pins.List());
        Assert.Equal(Rejected, Arrival(Flow("udp4"), members));

        catalog.Remove(Name, force: true);
        Assert.DoesNotContain(Name, Backend.Pins.List());
        Assert.Equal(ArrivalKind.Slot, Arrival(Flow("udp4"), members).Kind);
    }

    [Theory]
    [InlineData("seats0")]
    [InlineData("prog0-0")]
    [InlineData("prog1-0")]
    public void A_group_whose_pins_are_damaged_says_so_and_can_be_removed(string pin)
    {
        IBackendSocket[] members = [.. OpenMany("udp4", 2), .. OpenMany("udp6", 2)];
        GroupCatalog catalog = Catalog();
        catalog.Adopt(Adoption).Dispose();
        using (IPinFolder pins = Backend.Pins.Open(Name)!)
        {
            Assert.Contains(pin, pins.Names);
            pins.Unpin(pin);
        }

        Assert.Equal(GroupCodes.DamagedPins, RefusalCode(() => catalog.Find(Name)));

        catalog.Remove(Name);

        Assert.DoesNotContain(Name, Backend.Pins.List());
        Assert.Null(catalog.Find(Name));
        Assert.All(members, member => Assert.Equal(AttachmentState.None, Backend.InspectAttachment(Record(member)).State));
        Assert.Equal(ArrivalKind.Slot, Arrival(Flow("udp4"), members).Kind);
    }

    /// <summary>A shell that does not look into the servers' namespace finds nobody, which is not to say that nobody is there.</summary>
    [Theory]
    [InlineData(null)]
    [InlineData("prog0-0")]
    [InlineData("state")]
    public void A_shell_in_another_namespace_removes_nothing(string? damaged)
    {
        IBackendSocket[] members = [.. OpenMany("udp4", 2)];
        Catalog().Adopt(Adoption).Dispose();
        uint program = Backend.InspectAttachment(Record(members[0])).ProgramId;
        using GroupCatalog elsewhere = new(Backend, new PolicyText(PolicyYaml.Write, Policy));
        if (damaged is null)
        {
            using ManagedGroup group = elsewhere.Find(Name)!;
            Assert.Equal(GroupCodes.NoMember, RefusalCode(() => group.RemovePolicy()));
            DiagnosticException refusal = Assert.Throws<DiagnosticException>(() => group.Apply(Policy("by: slot, slot: 1")));
            Assert.Contains($"in network namespace {World.Servers.Id}", refusal.Diagnostics[0].Message, StringComparison.Ordinal);
        }
        else
        {
            using IPinFolder pins = Backend.Pins.Open(Name)!;
            pins.Unpin(damaged);
        }

        Assert.Equal(GroupCodes.NoMember, RefusalCode(() => elsewhere.Remove(Name)));

        Assert.Contains(Name, Backend.Pins.List());
        Assert.Equal(program, Backend.InspectAttachment(Record(members[0])).ProgramId);
        Catalog().Remove(Name);
        Assert.Equal(AttachmentState.None, Backend.InspectAttachment(Record(members[0])).State);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Data_of_shells_that_ended_before_they_recorded_them_are_replaced(byte shells)
    {
        IBackendSocket[] members = [.. OpenMany("udp4", 3)];
        SteeringPolicy policy = Policy(Weighted);
        using ManagedGroup group = Catalog().Adopt(Adoption);
        group.Apply(policy);
        using (IPinFolder pins = Backend.Pins.Open(Name)!)
        {
            using IBackendMap epoch = pins.OpenMap($"{group.Compiled!.Program.Maps[group.Compiled.Maps.Epoch].Name}-1")!;
            epoch.Update(new byte[4], [shells, 0, 0, 0]);
        }

        using ManagedGroup other = Catalog().Find(Name)!;
        Assert.Equal(PolicyChange.Data, other.Plan(policy).Change);
        Assert.Equal(PolicyChange.Data, other.Apply(policy).Change);
        Assert.Equal(PolicyChange.None, group.Plan(policy).Change);
        Assert.Equal(ArrivalKind.Slot, Arrival(Flow("udp4"), members).Kind);
    }

    [Fact]
    public void One_who_holds_the_lock_is_waited_for_and_then_told()
    {
        _ = OpenMany("udp4", 2);
        using IDisposable held = Backend.Pins.Lock(Name);

        Assert.Equal(Errno.EBUSY, Refusal(() => Catalog().Adopt(Adoption)));
    }

    private IReadOnlyList<SocketRecord> Found() => Backend.FindSockets(new SocketQuery(Port: Port, Namespace: World.Servers));

    /// <summary>A refusal after which no pin, no program and no seat is there that was not before.</summary>
    private void Refused(Action operation, string code, IReadOnlyList<IBackendSocket> members)
    {
        IReadOnlyList<string> pins = Backend.Pins.List();
        Attachment[] attached = [.. members.Select(member => Backend.InspectAttachment(Record(member)))];

        Assert.Equal(code, RefusalCode(operation));

        Assert.Equal(pins, Backend.Pins.List());
        Assert.Equal(attached, members.Select(member => Backend.InspectAttachment(Record(member))));
        if (code != GroupCodes.NotReuseport)
        {
            Assert.True(AreUnseated(members));
        }
    }
}
