using System.Collections.Immutable;
using System.Net.Sockets;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Engine.Scenarios;

namespace ReuseportPS.Contract;

/// <summary>Weights, states and loads of slots change without a new attach, packets are decided by the data before or after, refusals change nothing, and everything is found again.</summary>
public abstract class SlotContract<TWorld>(TWorld world) : GroupTest<TWorld>(world)
    where TWorld : World
{
    private const string Weighted = "by: weighted, weights: { 0: 60, 1-2: 20, 3: 0 }, key: source-port";

    private const string Sticky = "by: hash, key: 4-tuple, sticky: { entries: 4096, idle: 120s }";

    private static readonly bool[] s_all = [true, true, true, true];

    [Theory]
    [InlineData("udp4")]
    [InlineData("tcp6")]
    public void A_weight_is_data_and_is_found_by_another_shell(string kind)
    {
        IBackendSocket[] members = [.. OpenMany(kind, 4)];
        SteeringPolicy changed;
        using (ManagedGroup group = Catalog().Adopt(Adoption))
        {
            group.Apply(Policy(Weighted));
            ImmutableArray<uint> programs = group.ProgramIds;

            SlotOutcome outcome = group.Change(new SlotChange([SlotItem.Of(2)]) { Weight = 50 });

            Assert.Equal(PolicyChange.Data, outcome.Plan.Policy.Change);
            Assert.Equal(["slot 2: Weight 20 -> 50"], outcome.Plan.Deltas.Select(delta => delta.ToString()));
            Assert.Equal(outcome.EpochBefore + 1, outcome.EpochAfter);
            Assert.Equal(programs, group.ProgramIds);
            Assert.Equal([60, 20, 50, 0], Enumerable.Range(0, 4).Select(slot => PolicyWeights.Of(group.Policy!, slot, 4)!.Value));
            AssertDecides(group, kind, members, SlotStates.AllActive);
            SlotOutcome again = group.Change(new SlotChange([SlotItem.Of(2)]) { Weight = 50 });
            Assert.Equal((PolicyChange.None, 0, again.EpochBefore), (again.Plan.Policy.Change, again.Plan.Deltas.Length, again.EpochAfter));
            changed = group.Policy!;
        }

        using ManagedGroup found = Catalog().Find(Name)!;
        Assert.Equal(changed, found.Policy);
        AssertDecides(found, kind, members, SlotStates.AllActive);
    }

    [Theory]
    [InlineData("udp4", "by: hash")]
    [InlineData("tcp4", "by: hash, to: [0, 1, 3]")]
    [InlineData("udp6", "by: consistent")]
    [InlineData("tcp6", "by: weighted, weights: { 0: 1, 1: 5, 2: 1 }")]
    [InlineData("tcp4", "by: random")]
    [InlineData("tcp4", "by: round-robin")]
    [InlineData("tcp4", "by: cpu, to: [1, 0]")]
    [InlineData("tcp6", "by: chain, to: [1, 2]")]
    [InlineData("tcp4", "by: least-loaded")]
    public void A_drained_slot_gets_no_new_flow_and_the_kernel_decides_none(string kind, string text)
    {
        IBackendSocket[] members = [.. OpenMany(kind, 4)];
        using ManagedGroup group = Catalog().Adopt(Adoption);
        SteeringPolicy policy = Policy(text);
        group.Apply(policy);
        ImmutableArray<uint> programs = group.ProgramIds;

        SlotOutcome outcome = group.Change(new SlotChange([SlotItem.Of(1)]) { State = SlotState.Draining });

        Assert.Equal(["slot 1: State Active -> Draining"], outcome.Plan.Deltas.Select(delta => delta.ToString()));
        Assert.Equal(programs, group.ProgramIds);
        Assert.Equal(policy, group.Policy);
        for (int index = 0; index < 48; index++)
        {
            Assert.Contains(Arrival(Flow(kind), members).Slot, new[] { 0, 2, 3 });
        }

        Assert.Equal(0UL, group.ReadCounters().Where(counter => counter.Kind is CounterKind.Kernel or CounterKind.Miss or CounterKind.Reject).Aggregate(0UL, (sum, counter) => sum + counter.Value));
        if (!text.Contains("random", StringComparison.Ordinal) && !text.Contains("robin", StringComparison.Ordinal) && !text.Contains("cpu", StringComparison.Ordinal) && !text.Contains("loaded", StringComparison.Ordinal))
        {
            AssertDecides(group, kind, members, SlotStates.AllActive.With(1, SlotState.Draining));
            group.Change(new SlotChange([SlotItem.Of(1)]) { State = SlotState.Active });
            AssertDecides(group, kind, members, SlotStates.AllActive);
        }
    }

    [Fact]
    public void A_standby_gets_flows_when_nobody_else_may()
    {
        IBackendSocket[] members = [.. OpenMany("udp4", 4)];
        using ManagedGroup group = Catalog().Adopt(Adoption);
        group.Apply(Policy("by: hash, to: [0, 1, 2]"));
        group.Change(new SlotChange([SlotItem.Of(2)]) { State = SlotState.Standby });
        AssertDecides(group, "udp4", members, SlotStates.AllActive.With(2, SlotState.Standby));
        group.Change(new SlotChange([SlotItem.Of(0, 1)]) { State = SlotState.Draining });
        Assert.All(Enumerable.Range(0, 24), _ => Assert.Equal(Slot(2), Arrival(Flow("udp4"), members)));
    }

    [Fact]
    public void States_survive_another_shell_and_another_program_and_the_end_of_the_policy()
    {
        IBackendSocket[] members = [.. OpenMany("udp4", 4)];
        using (ManagedGroup group = Catalog().Adopt(Adoption))
        {
            group.Apply(Policy("by: hash"));
            group.Change(new SlotChange([SlotItem.Of(1), SlotItem.Of(3)]) { State = SlotState.Draining });
        }

        SlotStates expected = SlotStates.AllActive.With(1, SlotState.Draining).With(3, SlotState.Draining);
        using (ManagedGroup group = Catalog().Find(Name)!)
        {
            Assert.True(expected.Equals(group.States, 4));
            AssertDecides(group, "udp4", members, expected);
            Assert.Equal(PolicyChange.Program, group.Apply(Policy("by: consistent")).Change);
            AssertDecides(group, "udp4", members, expected);
            group.RemovePolicy();
        }

        using ManagedGroup last = Catalog().Find(Name)!;
        Assert.True(expected.Equals(last.States, 4));
        last.Apply(Policy("by: hash, to: [0, 1]"));
        Assert.All(Enumerable.Range(0, 24), _ => Assert.Equal(Slot(0), Arrival(Flow("udp4"), members)));
    }

    [Fact]
    public void Two_shells_see_what_the_other_did()
    {
        IBackendSocket[] members = [.. OpenMany("udp4", 4)];
        Catalog().Adopt(Adoption).Dispose();
        using ManagedGroup one = Catalog().Find(Name)!;
        using ManagedGroup other = Catalog().Find(Name)!;
        one.Apply(Policy(Weighted));
        other.Change(new SlotChange([SlotItem.Of(0)]) { State = SlotState.Draining });
        one.Change(new SlotChange([SlotItem.Of(3)]) { Weight = 30 });
        SlotStates states = SlotStates.AllActive.With(0, SlotState.Draining);
        AssertDecides(one, "udp4", members, states);
        Assert.Empty(other.PlanSlots(new SlotChange([SlotItem.Of(3)]) { Weight = 30 }).Deltas);
        other.Change(new SlotChange([SlotItem.Of(0)]) { State = SlotState.Active });
        AssertDecides(other, "udp4", members, SlotStates.AllActive);
    }

    [Fact]
    public void Sticky_flows_stay_with_a_drained_slot_until_its_seat_is_cleared()
    {
        IBackendSocket[] members = [.. OpenMany("udp4", 4)];
        using ManagedGroup group = Catalog().Adopt(Adoption);
        group.Apply(Policy(Sticky));
        FlowKey[] flows = [.. Enumerable.Range(0, 40).Select(_ => Flow("udp4"))];
        int[] before = [.. flows.Select(flow => Arrival(flow, members).Slot)];
        int drained = before[0];
        ImmutableArray<SlotItem> item = [SlotItem.Of(drained)];

        group.Change(new SlotChange(item.ToEquatableArray()) { State = SlotState.Draining });

        Assert.Equal(before, flows.Select(flow => Arrival(flow, members).Slot));
        Assert.All(Enumerable.Range(0, 32), _ => Assert.NotEqual(drained, Arrival(Flow("udp4"), members).Slot));
        int kept = before.Count(slot => slot == drained);
        Assert.Equal(kept, group.WatchDrain([drained], includesEstablished: true).Look().StickyFlows);

        SlotOutcome cleared = group.ClearSlots(item.ToEquatableArray());

        Assert.Contains(cleared.Plan.Deltas, delta => delta is { What: "Generation", Before: "1", After: "2" });
        Assert.Equal(0UL, group.ReadSlots()[drained].Seats[0].Cookie);
        Assert.Equal(SlotState.Active, group.States[drained]);
        group.Seat(drained, members[drained].Cookie);
        Assert.Equal(3U, group.States.GenerationOf(drained));
        Assert.Equal(members[drained].Cookie, group.ReadSlots()[drained].Seats[0].Cookie);

        // Nobody's flows moved but those of the seat, which are placed anew: some of them there again.
        int[] after = [.. flows.Select(flow => Arrival(flow, members).Slot)];
        Assert.All(Enumerable.Range(0, 40).Where(index => before[index] != drained), index => Assert.Equal(before[index], after[index]));
        Assert.Equal((ulong)kept, Value(group, CounterKind.StickyRemove));
        Assert.Empty(group.Seat(drained, members[drained].Cookie).Plan.Deltas);
    }

    [Fact]
    public void A_seat_is_taken_over_in_one_step()
    {
        List<IBackendSocket> members = [.. OpenMany("udp4", 3)];
        using ManagedGroup group = Catalog().Adopt(Adoption);
        group.Apply(Policy("by: slot, slot: 1"));
        members.Add(Open("udp4"));
        Assert.Equal(Slot(1), Arrival(Flow("udp4"), members));

        group.Seat(1, members[3].Cookie);

        Assert.Equal(Slot(3), Arrival(Flow("udp4"), members));
        Assert.Equal(2U, group.States.GenerationOf(1));
        Assert.True(AreUnseated([members[1]]));
        Assert.Equal(GroupCodes.CannotSeat, RefusalCode(() => group.Seat(2, members[3].Cookie)));
        Assert.Equal(GroupCodes.CannotSeat, RefusalCode(() => group.Seat(2, ulong.MaxValue)));
        Assert.Equal(GroupCodes.CannotSeat, RefusalCode(() => group.Seat(2, Open("udp6").Cookie)));
        Assert.Equal(GroupCodes.NoSuchSlot, RefusalCode(() => group.Seat(7, members[1].Cookie)));
        Assert.Equal(Slot(3), Arrival(Flow("udp4"), members));
    }

    [Fact]
    public void Loads_are_stored_where_the_program_reads_them_and_survive_another_program()
    {
        IBackendSocket[] members = [.. OpenMany("tcp4", 4)];
        using ManagedGroup group = Catalog().Adopt(Adoption);
        group.Apply(Policy("by: least-loaded, to: [0, 1], stale: 1h"));
        group.Change(new SlotChange([SlotItem.Of(0, 3)]) { Load = 900 });
        SlotOutcome outcome = group.Change(new SlotChange([SlotItem.Of(1)]) { Load = 5 });
        Assert.Equal(["slot 1: Load 900 -> 5"], outcome.Plan.Deltas.Select(delta => delta.ToString()));
        Assert.Equal(outcome.EpochBefore, outcome.EpochAfter);
        Assert.Equal([900U, 5U, 900U, 900U], group.ReadLoads().Select(load => (uint)load));

        // Two draws of two: slot 0 only when both were slot 0.
        Assert.InRange(Enumerable.Range(0, 80).Count(_ => Arrival(Flow("tcp4"), members).Slot == 0), 2, 45);
        Assert.Equal(0UL, Value(group, CounterKind.LoadStale));
        group.Apply(Policy("by: least-loaded, to: [1, 2], stale: 2h"));
        Assert.Equal([900U, 5U, 900U, 900U], group.ReadLoads().Select(load => (uint)load));
        using ManagedGroup found = Catalog().Find(Name)!;
        Assert.Equal([900U, 5U, 900U, 900U], found.ReadLoads().Select(load => (uint)load));
    }

    [Fact]
    public void What_makes_no_sense_is_refused_and_changes_nothing()
    {
        IBackendSocket[] members = [.. OpenMany("udp4", 4)];
        using ManagedGroup group = Catalog().Adopt(Adoption);
        Refused(GroupCodes.NoPolicy, [SlotItem.Of(0)], weight: 5);
        group.Apply(Policy("by: hash"));
        Refused(GroupCodes.NothingToChange, [SlotItem.Of(0)], weight: 5);
        Refused(GroupCodes.NothingToChange, [SlotItem.Of(0)], load: 5);
        Refused(GroupCodes.NoSuchSlot, [SlotItem.Of(4)], state: SlotState.Draining);
        Refused(GroupCodes.NoSuchSlot, [SlotItem.Of("canary")], state: SlotState.Draining);
        Refused(GroupCodes.NobodyLeft, [SlotItem.Of(0, 3)], state: SlotState.Draining);
        group.Change(new SlotChange([SlotItem.Of(0, 2)]) { State = SlotState.Draining });
        Refused(GroupCodes.NobodyLeft, [SlotItem.Of(3)], state: SlotState.Draining);
        string before = Describe(group, members: members);
        Assert.Equal(GroupCodes.NobodyLeft, RefusalCode(() => group.Apply(Policy("by: slot, slot: 1"))));
        Assert.Equal(GroupCodes.NobodyLeft, RefusalCode(() => group.ClearSlots([SlotItem.Of(0, 3)])));
        Assert.Equal(before, Describe(group, members: members));
        group.Apply(Policy("by: weighted, weights: { 3: 1 }"));
        Refused("RPS4031", [SlotItem.Of(3)], weight: 0);
        Refused("RPS4011", [SlotItem.Of(3)], weight: SlotWeight.Highest + 1);

        void Refused(string code, EquatableArray<SlotItem> slots, int? weight = null, uint? load = null, SlotState? state = null)
        {
            string was = Describe(group, members: members);
            Assert.Equal(code, RefusalCode(() => group.Change(new SlotChange(slots) { Weight = weight, Load = load, State = state })));
            Assert.Equal(was, Describe(group, members: members));
        }
    }

    [Fact]
    public void A_rule_whose_slots_are_all_drained_passes_its_flows_on()
    {
        IBackendSocket[] members = [.. OpenMany("udp4", 4)];
        using ManagedGroup group = Catalog().Adopt(Adoption);
        group.Apply(Policy("""
            version: 1
            policy: rule
            slots: { canary: 3 }
            rules:
              - name: all of them
                when: { source: 0.0.0.0/0 }
                steer: { by: slot, slot: canary }
            otherwise: { by: slot, slot: 1 }
            """));
        Assert.Equal(Slot(3), Arrival(Flow("udp4"), members));
        SlotOutcome outcome = group.Change(new SlotChange([SlotItem.Of("canary")]) { State = SlotState.Draining });
        Assert.Contains("all of them", Assert.Single(outcome.Plan.Notes), StringComparison.Ordinal);
        Assert.Equal(Slot(1), Arrival(Flow("udp4"), members));
    }

    [Theory]
    [InlineData(Sticky, "by: hash, key: source, seed: 9, sticky: { entries: 4096, idle: 120s }")]
    [InlineData(Sticky, "by: random, sticky: { entries: 4096, idle: 60s }")]
    [InlineData(Sticky, "by: consistent, sticky: { entries: 4096, idle: 120s }")]
    public void Sticky_flows_stay_when_another_program_takes_over(string before, string after)
    {
        IBackendSocket[] members = [.. OpenMany("udp4", 4), .. OpenMany("udp6", 4)];
        using ManagedGroup group = Catalog().Adopt(Adoption);
        group.Apply(Policy(before));
        FlowKey[] flows = [.. Enumerable.Range(0, 60).Select(index => Flow(index % 2 == 0 ? "udp4" : "udp6"))];
        FlowArrival[] first = [.. flows.Select(flow => Arrival(flow, members))];

        PolicyPlan plan = group.Apply(Policy(after));

        Assert.Equal(PolicyChange.Program, plan.Change);
        Assert.True(Assert.Single(plan.FlowTables).IsKept);
        Assert.Equal(first, flows.Select(flow => Arrival(flow, members)));
        Assert.Equal(60UL, Value(group, CounterKind.StickyHit));
        using (ManagedGroup found = Catalog().Find(Name)!)
        {
            Assert.Equal(PolicyChange.None, found.Plan(found.Policy!).Change);
            found.Apply(Policy(before));
        }

        Assert.Equal(first, flows.Select(flow => Arrival(flow, members)));
    }

    [Fact]
    public void Tables_that_cannot_be_kept_are_told()
    {
        _ = OpenMany("udp4", 2);
        using ManagedGroup group = Catalog().Adopt(Adoption);
        group.Apply(Policy(Rules("""
              - name: web
                when: { source-port: 1-30000 }
                steer: { by: hash, sticky: { entries: 100, idle: 60s } }
              - when: { source-port: 30001-40000 }
                steer: { by: hash, sticky: { entries: 100, idle: 60s } }
              - name: gone
                when: { source-port: 40001-50000 }
                steer: { by: hash, sticky: { entries: 100, idle: 60s } }
            """, entries: 200)));
        PolicyPlan plan = group.Apply(Policy(Rules("""
              - when: { source-port: 30001-40000 }
                steer: { by: random, sticky: { entries: 100, idle: 60s } }
              - name: web
                when: { source-port: 2-30000 }
                steer: { by: hash, sticky: { entries: 100, idle: 60s } }
            """, entries: 300)));
        Assert.Equal([("web", true), ("rule 2", true), ("gone", false), ("otherwise", false)], plan.FlowTables.Select(table => (table.Rule, table.IsKept)));
        Assert.Contains("300 flows instead of 200", plan.Steps[^1], StringComparison.Ordinal);

        static string Rules(string rules, int entries) => $$"""
            version: 1
            policy: tables
            rules:
            {{rules}}
            otherwise: { by: hash, sticky: { entries: {{entries}}, idle: 60s } }
            """;
    }

    /// <summary>Old flows stay, new ones go to the new server, and those of the old one are placed anew when it is gone; twice, so that slots are used again.</summary>
    [Theory]
    [InlineData(200)]
    public void A_restart_by_generations_moves_no_datagram_flow(int count)
    {
        Stranger server = World.StartStranger([SocketText.Parse("udp4")], Port, copies: 4);
        using ManagedGroup group = Catalog().Adopt(Adoption);
        group.Apply(Policy("by: generation, generations: [0-3], sticky: { entries: 8192, idle: 1h }"));
        FlowKey[] old = [.. Enumerable.Range(0, count).Select(_ => Flow("udp4"))];
        int[] before = Settled(group, old);
        Assert.True(before.Distinct().Count() > 1);
        for (int restart = 0; restart < 2; restart++)
        {
            Stranger successor = World.StartStranger([SocketText.Parse("udp4")], Port, copies: 4);
            GroupSynchronization done = group.Synchronize(asGeneration: true);
            int[] slots = [.. done.Seated.Select(seat => seat.Slot)];
            Assert.Equal(restart == 0 ? [4, 5, 6, 7] : [0, 1, 2, 3], slots);
            Assert.Equal(8, group.SlotCount);

            Assert.Equal(before, Settled(group, old));
            FlowKey[] young = [.. Enumerable.Range(0, count).Select(_ => Flow("udp4"))];
            int[] placed = Settled(group, young);
            Assert.All(placed, slot => Assert.Contains(slot, slots));

            server.Dispose();
            Assert.True(Becomes(() => group.ReadSlots().Count(slot => slot.Seats[0].Cookie != 0) == 4));
            int[] again = Settled(group, old);
            Assert.All(again, slot => Assert.Contains(slot, slots));
            Assert.Equal(placed, Settled(group, young));
            Assert.Equal(0UL, Value(group, CounterKind.Kernel));
            (server, before) = (successor, again);
        }

        Assert.Equal("0-3", ((GenerationBalancer)((SteerAction)group.Policy!.Otherwise).By).Generations[^1].ToString());
        server.Dispose();
    }

    [Fact]
    public void A_restart_by_generations_gives_connections_to_the_new_server()
    {
        List<IBackendSocket> members = [.. OpenMany("tcp4", 2), .. OpenMany("tcp6", 2)];
        using ManagedGroup group = Catalog().Adopt(Adoption);
        group.Apply(Policy("version: 1\npolicy: restart\nprotocol: tcp\notherwise: { by: generation, generations: [0-1] }"));
        members.AddRange(OpenMany("tcp4", 2));
        members.AddRange(OpenMany("tcp6", 2));
        group.Synchronize(asGeneration: true);
        Assert.All(Enumerable.Range(0, 24), index => Assert.InRange(Arrival(Flow(index % 2 == 0 ? "tcp4" : "tcp6"), members).Slot, 4, 7));
        Assert.Equal([0, 0, 0, 0], group.ReadSlots().SelectMany(slot => slot.Seats).Select(seat => seat.Cookie == 0 ? 1 : 0).Distinct().Append(0).Append(0).Append(0));
        Assert.Equal(GroupCodes.NobodyLeft, RefusalCode(() => group.Change(new SlotChange([SlotItem.Of(2, 3)]) { State = SlotState.Draining })));
    }

    [Fact]
    public void A_generation_needs_a_policy_with_generations()
    {
        List<IBackendSocket> members = [.. OpenMany("udp4", 2)];
        using ManagedGroup group = Catalog().Adopt(Adoption);
        group.Apply(Policy("by: hash"));
        members.Add(Open("udp4"));
        string before = Describe(group, members: members);
        Assert.Equal(GroupCodes.NoGenerations, RefusalCode(() => group.Synchronize(asGeneration: true)));
        Assert.Equal(before, Describe(group, members: members));
    }

    [Fact]
    public void A_seat_that_a_newcomer_takes_is_anothers()
    {
        List<IBackendSocket> members = [.. OpenMany("udp4", 3)];
        using ManagedGroup group = Catalog().Adopt(Adoption);
        group.Apply(Policy(Sticky));
        FlowKey[] flows = [.. Enumerable.Range(0, 30).Select(_ => Flow("udp4"))];
        int[] before = [.. flows.Select(flow => Arrival(flow, members).Slot)];
        members[1].Dispose();
        Assert.True(Becomes(() => group.ReadSlots()[1].Seats[0].Cookie == 0));
        members[1] = Open("udp4");
        group.Synchronize();
        Assert.Equal([1U, 2U, 1U], Enumerable.Range(0, 3).Select(group.States.GenerationOf));
        int[] after = [.. flows.Select(flow => Arrival(flow, members).Slot)];
        Assert.All(Enumerable.Range(0, 30).Where(index => before[index] != 1), index => Assert.Equal(before[index], after[index]));
        Assert.Equal((ulong)before.Count(slot => slot == 1), Value(group, CounterKind.StickyRemove));
        using ManagedGroup found = Catalog().Find(Name)!;
        Assert.Equal(2U, found.States.GenerationOf(1));
    }

    [Fact]
    public void The_watch_sees_queues_requests_and_what_is_lost()
    {
        IBackendSocket[] members = [.. OpenMany("tcp4", 3)];
        using ManagedGroup group = Catalog().Adopt(Adoption);
        group.Apply(Policy("by: slot, slot: 1"));
        _ = ConnectClient("tcp4");
        _ = ConnectClient("tcp4");
        Assert.True(Becomes(() => Record(members[1]).ReceiveQueue == 2));
        group.Apply(Policy("by: hash"));
        group.Change(new SlotChange([SlotItem.Of(1)]) { State = SlotState.Draining });
        SlotDrain drain = group.WatchDrain([1], includesEstablished: false);
        DrainStatus status = drain.Look();
        Assert.Equal((2, 0, 0, false), (status.Queued, status.HalfOpen, status.Lost, status.IsDrained));
        Assert.Equal((null, null), (status.Established, status.StickyFlows));
        Keep(members[1].TryAccept(out _)!);
        Assert.Equal(1, drain.Look().Queued);
        members[1].Dispose();
        Assert.True(Becomes(() => group.ReadSlots()[1].Seats[0].Cookie == 0));
        status = drain.Look();
        Assert.Equal((0, 1, true), (status.Queued, status.Lost, status.IsDrained));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_watch_waits_for_a_connection_of_which_one_end_has_closed_as_long_as_the_worker_holds_it(bool clientEndsFirst)
    {
        IBackendSocket member = Open("tcp4");
        using Stranger other = World.StartStranger([SocketText.Parse("tcp4")], Port);
        using ManagedGroup group = Catalog().Adopt(Adoption);
        Assert.Equal(2, group.SlotCount);
        int slot = group.ReadSlots().First(status => status.Seats[0].Cookie == member.Cookie).Slot;
        group.Apply(Policy($"by: slot, slot: {slot}"));
        IBackendSocket client = ConnectClient("tcp4");
        Assert.True(Becomes(() => Record(member).ReceiveQueue == 1));
        IBackendSocket worker = member.TryAccept(out _)!;
        group.Apply(Policy("by: hash"));
        group.Change(new SlotChange([SlotItem.Of(slot)]) { State = SlotState.Draining });
        SlotDrain drain = group.WatchDrain([slot], includesEstablished: true);
        Assert.Equal(1, drain.Look().Established);
        ILiveConnections live = (ILiveConnections)Backend;
        Assert.Single(live.FindConnections(TransportProtocol.Tcp, Port, World.Servers));

        (clientEndsFirst ? client : worker).Shutdown(SocketShutdown.Send);

        Assert.True(Becomes(() => live.FindConnections(TransportProtocol.Tcp, Port, World.Servers).Count == 0));
        DrainStatus status = drain.Look();
        Assert.Equal((1, false), (status.Established, status.IsDrained));
        Assert.Equal(client.LocalEndPoint, Assert.Single(live.FindHeldConnections(TransportProtocol.Tcp, Port, World.Servers)).Remote);
        worker.Dispose();
        Assert.Empty(live.FindHeldConnections(TransportProtocol.Tcp, Port, World.Servers));
        status = drain.Look();
        Assert.Equal((0, true), (status.Established, status.IsDrained));
    }

    [Fact]
    public void The_watch_waits_for_requests_that_are_half_open()
    {
        IBackendSocket[] members = [.. OpenMany("tcp4", 2)];
        using ManagedGroup group = Catalog().Adopt(Adoption);
        group.Apply(Policy("by: hash"));
        Array.ForEach(members, member => member.SetOption(SocketOption.DeferAccept, 10));
        IBackendSocket client = ConnectClient("tcp4");
        group.Change(new SlotChange([SlotItem.Of(1)]) { State = SlotState.Draining });
        SlotDrain drain = group.WatchDrain([1], includesEstablished: false);
        Assert.Equal(1, drain.Look().HalfOpen);
        client.Send([1, 2, 3]);
        Assert.True(Becomes(() => drain.Look().HalfOpen == 0));
    }

    [Fact]
    public void The_watch_misses_no_connection_that_goes_on_between_its_looks()
    {
        IBackendSocket[] members = [.. OpenMany("tcp4", 2)];
        ChangingBackend.IAll backend = ChangingBackend.Before(Backend);
        using ManagedGroup group = Catalog(backend).Adopt(Adoption);
        group.Apply(Policy("by: slot, slot: 1"));
        members[1].SetOption(SocketOption.DeferAccept, 10);
        IBackendSocket client = ConnectClient("tcp4");
        group.Apply(Policy("by: hash"));
        group.Change(new SlotChange([SlotItem.Of(1)]) { State = SlotState.Draining });
        SlotDrain drain = group.WatchDrain([1], includesEstablished: false);
        ChangingBackend.AfterLooks(
            backend,
            () =>
            {
                client.Send([1, 2, 3]);
                Assert.True(Becomes(() => Record(members[1]).ReceiveQueue == 1));
            },
            () => Keep(members[1].TryAccept(out _)!));
        Assert.False(drain.Look().IsDrained);
        Assert.True(drain.Look().IsDrained);
    }

    private void AssertDecides(ManagedGroup group, string kind, IReadOnlyList<IBackendSocket> members, SlotStates states)
    {
        Assert.True(states.Equals(group.States, group.SlotCount));
        PolicyEvaluator evaluator = new(group.Policy!, group.SlotCount, states);
        Assert.All(Enumerable.Range(0, 32).Select(_ => Flow(kind)), flow => Assert.Equal(Slot(evaluator.Decide(flow, s_all).Slot), Arrival(flow, members)));
    }

    private static ulong Value(ManagedGroup group, CounterKind kind) => group.ReadCounters().Where(counter => counter.Kind == kind).Aggregate(0UL, (sum, counter) => sum + counter.Value);

    /// <summary>Sends a datagram of each flow and says which slot's counter rose: the members are another process's, and their datagrams stay with them.</summary>
    private int[] Settled(ManagedGroup group, FlowKey[] flows)
    {
        int[] slots = new int[flows.Length];
        for (int index = 0; index < flows.Length; index++)
        {
            ulong[] before = BySlot();
            using (IBackendSocket client = Backend.CreateSocket(new SocketSpec(TransportProtocol.Udp, flows[index].Family, ReusePort: false), World.Clients))
            {
                client.Bind(flows[index].SourceEndPoint);
                client.SendTo([1], flows[index].DestinationEndPoint);
            }

            int slot = -1;
            Assert.True(Becomes(() => (slot = Array.FindIndex(BySlot().Zip(before).ToArray(), pair => pair.First > pair.Second)) >= 0), $"Flow {flows[index]} was decided nowhere.");
            slots[index] = slot;
        }

        return slots;

        ulong[] BySlot() => [.. group.ReadCounters().Where(counter => counter.Kind == CounterKind.Slot).Select(counter => counter.Value)];
    }
}
