using System.Collections.Immutable;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Engine.Programs;

namespace ReuseportPS.Contract;

/// <summary>Policies that wait to be confirmed: the program itself returns to what was there before, and nobody of ours has to do anything for it.</summary>
public abstract class ConfirmContract<TWorld>(TWorld world) : GroupTest<TWorld>(world)
    where TWorld : World
{
    private const string Former = "by: slot, slot: 1";
    private const string Newer = "by: slot, slot: 2";
    private const string Sticky = "sticky: { entries: 256, idle: 1h }";
    private static readonly TimeSpan s_long = TimeSpan.FromHours(1);
    private static readonly TimeSpan s_short = TimeSpan.FromMilliseconds(30);

    /// <summary>By a policy that differs in data only, by another program, and on a group without a policy.</summary>
    [Theory]
    [InlineData("by: weighted, weights: { 1: 1 }, key: source", "by: weighted, weights: { 2: 1 }, key: source")]
    [InlineData(Former, Newer)]
    [InlineData("by: hash, to: [1], sticky: { entries: 64, idle: 60s }", "by: hash, to: [2]")]
    [InlineData(null, Newer)]
    public void Until_the_deadline_the_new_policy_decides_and_from_then_on_the_former_one(string? before, string after)
    {
        foreach (string how in (string[])["deadline", "now", "confirmed"])
        {
            using GroupCatalog catalog = Catalog();
            ManagedGroup group = catalog.Open(Small());
            if (before is not null)
            {
                group.Apply(Policy(before));
            }

            ImmutableArray<uint> formerIds = group.ProgramIds;
            PolicyPlan plan = group.Apply(Policy(after), confirmWithin: how == "deadline" ? s_short : s_long);
            Assert.Equal(PolicyChange.Program, plan.Change);
            ImmutableArray<uint> confirming = group.ProgramIds;
            if (how == "deadline")
            {
                Backend.LetTimePass(2 * s_short);
                AssertArrive(group, before);
                Assert.Same(group, catalog.Find(Name));
                Assert.Equal((PolicyState.RolledBack, before is null ? null : Policy(before), "policy 'simple'"), (group.State, group.Policy, group.Alternative));
                Assert.Null(group.TimeLeft);
                Assert.Equal(TrialCodes.TooLate, RefusalCode(() => group.ConfirmPolicy()));
                AssertArrive(group, before);
                group.RollBack();
            }
            else
            {
                Assert.Equal((PolicyState.Pending, Policy(after)), (group.State, group.Policy));
                Assert.Equal(before is null ? "the kernel's choice" : "policy 'simple'", group.Alternative);
                Assert.InRange(group.TimeLeft!.Value, TimeSpan.FromSeconds(1), s_long);
                AssertArrive(group, after);
                if (how == "now")
                {
                    group.RollBack();
                }
                else
                {
                    group.ConfirmPolicy();
                }
            }

            string? kept = how == "confirmed" ? after : before;
            AssertArrive(group, kept);
            Assert.Equal((PolicyState.Active, kept is null ? null : Policy(kept)), (group.State, group.Policy));
            Assert.Equal(kept == before, group.ProgramIds.SequenceEqual(formerIds));
            Assert.True(Becomes(() => !confirming.Any(Exists)));
            Assert.Equal(group.ProgramIds.Length == 0 ? [0u] : group.ProgramIds, [Backend.InspectAttachment(Record(group.OwnSockets[0][0])).ProgramId]);
            Assert.Equal(TrialCodes.NothingToConfirm, RefusalCode(() => group.ConfirmPolicy()));
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_kernel_returns_without_the_shell_and_another_one_finds_it_so(bool hasPolicy)
    {
        IBackendSocket[] members = [.. OpenMany("udp4", 4)];
        using (GroupCatalog first = Catalog())
        {
            using ManagedGroup group = first.Adopt(Adoption);
            if (hasPolicy)
            {
                group.Apply(Policy(Former));
            }

            group.Apply(Policy(Newer), confirmWithin: s_long);
            AssertArrive(members, Newer);
        }

        using (ManagedGroup found = Catalog().Find(Name)!)
        {
            Assert.Equal((PolicyState.Pending, Policy(Newer)), (found.State, found.Policy));
            AssertArrive(members, Newer);
        }

        // Nobody of ours is there; the deadline comes.
        using (IPinFolder pins = Backend.Pins.Open(Name)!)
        {
            using IBackendMap deadline = pins.OpenMap(pins.Names.Single(name => name.StartsWith("deadline-", StringComparison.Ordinal)))!;
            deadline.Update(Key(0), Bytes(Backend.BootTime, 8));
        }

        AssertArrive(members, hasPolicy ? Former : null);
        GroupCatalog catalog = Catalog();
        using (ManagedGroup found = catalog.Find(Name)!)
        {
            Assert.Equal((PolicyState.RolledBack, hasPolicy ? Policy(Former) : null), (found.State, found.Policy));
            uint attached = found.ProgramIds.Single();

            // The next change ends it, and goes on from the former policy.
            Assert.Equal(hasPolicy ? PolicyChange.Data : PolicyChange.Program, found.Apply(Policy("by: slot, slot: 3")).Change);
            Assert.Equal(PolicyState.Active, found.State);
            Assert.Equal(hasPolicy ? [Former] : [], found.History.Select(version => Body(version.Text)));
            Assert.True(Becomes(() => !Exists(attached)));
            AssertArrive(members, "by: slot, slot: 3");
        }

        AssertRemovesAll(catalog);
    }

    [Fact]
    public void Nothing_is_left_when_a_group_is_removed_in_between()
    {
        IBackendSocket[] members = [.. OpenMany("udp4", 4)];
        GroupCatalog catalog = Catalog();
        using (ManagedGroup group = catalog.Adopt(Adoption))
        {
            group.Apply(Policy("by: hash, sticky: { entries: 64, idle: 60s }"));
            group.Apply(Policy(Newer), confirmWithin: s_long);
        }

        AssertRemovesAll(catalog);
        Assert.True(AreUnseated(members));

        using (ManagedGroup group = catalog.Adopt(Adoption))
        {
            group.Apply(Policy(Newer), confirmWithin: s_long);
            group.RemovePolicy();
            Assert.Equal(AttachmentState.None, Backend.InspectAttachment(Record(members[0])).State);
            Assert.Equal((PolicyState.Active, null), (group.State, group.Policy));
        }

        AssertRemovesAll(catalog, hasPrograms: false);
    }

    [Fact]
    public void States_of_slots_are_of_both_policies_and_weights_of_the_new_one()
    {
        IBackendSocket[] members = [.. OpenMany("udp4", 4)];
        SteeringPolicy former = Policy("by: weighted, weights: { 0: 1, 1: 1 }, key: [source, source-port]");
        using ManagedGroup group = Catalog().Adopt(Adoption);
        group.Apply(former);
        group.Apply(Policy("by: weighted, weights: { 1: 1, 2: 1 }, key: [source, source-port]"), confirmWithin: s_long);
        uint attached = group.ProgramIds.Single();

        group.Change(new SlotChange([SlotItem.Of(1)]) { State = SlotState.Draining });
        group.Change(new SlotChange([SlotItem.Of(3)]) { Weight = 1 });
        Assert.Equal(attached, group.ProgramIds.Single());
        Assert.Equal(PolicyState.Pending, group.State);
        Assert.Equal([2, 3], Arrivals(members).Distinct().Order());
        Assert.Equal(GroupCodes.NobodyLeft, RefusalCode(() => group.Change(new SlotChange([SlotItem.Of(0)]) { State = SlotState.Draining })));
        using (ManagedGroup other = Catalog().Find(Name)!)
        {
            Assert.Equal(SlotState.Draining, other.States[1]);
            other.Change(new SlotChange([SlotItem.Of(0)]) { State = SlotState.Standby });
        }

        group.RollBack();
        Assert.Equal(former, group.Policy);
        Assert.Equal([0], Arrivals(members).Distinct());
        group.Change(new SlotChange([SlotItem.Of(1)]) { State = SlotState.Active });
        group.Change(new SlotChange([SlotItem.Of(0)]) { State = SlotState.Active });
        Assert.Equal([0, 1], Arrivals(members).Distinct().Order());
    }

    [Fact]
    public void Seats_are_taken_meanwhile_and_a_change_that_needs_another_program_waits()
    {
        List<IBackendSocket> members = [.. OpenMany("udp4", 4)];
        using ManagedGroup group = Catalog().Adopt(Adoption);
        group.Apply(Policy("by: hash, key: [source, source-port]"));
        group.Apply(Policy("by: consistent, key: [source, source-port]"), confirmWithin: s_long);

        members[1].Dispose();
        Assert.True(Becomes(() => group.ReadSlots()[1].Seats[0].Cookie == 0));
        members[1] = Open("udp4");
        Assert.Equal([1], group.Synchronize().Seated.Select(seat => seat.Slot));
        Assert.Equal([0, 1, 2, 3], Arrivals(members).Distinct().Order());
        string before = Describe(group, members: members);
        IBackendSocket fifth = Open("udp4");
        Assert.Equal(TrialCodes.Unconfirmed, RefusalCode(() => group.Synchronize()));
        fifth.Dispose();
        Assert.Equal(before, Describe(group, members: members));

        group.ConfirmPolicy();
        members.Add(Open("udp4"));
        Assert.Equal(5, group.Synchronize().SlotCount);
    }

    [Fact]
    public void A_restart_loses_the_program_and_it_is_attached_again()
    {
        IBackendSocket[] members = [.. OpenMany("udp4", 2)];
        using ManagedGroup group = Catalog().Adopt(Adoption);
        group.Apply(Policy(Former));
        group.Apply(Policy("by: slot, slot: 0"), confirmWithin: s_long);
        Array.ForEach(members, member => member.Dispose());
        Assert.True(Becomes(() => group.ReadSlots().All(slot => slot.Seats[0].Cookie == 0)));
        members = [.. OpenMany("udp4", 2)];

        Assert.Single(group.Synchronize().Attached);
        AssertArrive(members, "by: slot, slot: 0");
        group.RollBack();
        AssertArrive(members, Former);
    }

    [Fact]
    public void The_next_policy_ends_the_wait_and_one_with_a_deadline_returns_to_the_last_that_was_confirmed()
    {
        using GroupCatalog catalog = Catalog();
        ManagedGroup group = catalog.Open(Small());
        group.Apply(Policy(Former));
        group.Apply(Policy(Newer), confirmWithin: s_long);
        Assert.Equal([1], group.History.Select(version => version.Number));
        group.Apply(Policy("by: slot, slot: 3"), confirmWithin: s_long);
        AssertArrive(group, "by: slot, slot: 3");
        group.RollBack();
        AssertArrive(group, Former);
        Assert.Empty(group.History);

        group.Apply(Policy(Newer), confirmWithin: s_long);
        Assert.Equal(PolicyChange.Program, group.Apply(Policy(Newer)).Change);
        Assert.Equal((PolicyState.Active, Policy(Newer)), (group.State, group.Policy));
        AssertArrive(group, Newer);
        Assert.Equal([Former], group.History.Select(version => Body(version.Text)));
        Assert.Equal(PolicyChange.None, group.Apply(Policy(Newer), confirmWithin: s_long).Change);
        Assert.Equal(PolicyState.Active, group.State);
    }

    /// <summary>Flows that a flow table knows are known to both policies: none of them moves, there or back.</summary>
    [Fact]
    public void Flows_of_flow_tables_stay_where_they_are()
    {
        using GroupCatalog catalog = Catalog();
        ManagedGroup group = catalog.Open(Small());
        group.Apply(Policy($"by: hash, {Sticky}"));
        FlowKey[] old = [.. Enumerable.Range(0, 12).Select(_ => World.NextFlow(TransportProtocol.Udp, IpFamily.V4, Port))];
        FlowKey[] young = [.. Enumerable.Range(0, 12).Select(_ => World.NextFlow(TransportProtocol.Udp, IpFamily.V4, Port))];
        int[] before = Decisions("by: hash", old);
        int[] meanwhile = Decisions("by: consistent", young);
        Assert.NotEqual(before, Decisions("by: consistent", old));
        Assert.NotEqual(meanwhile, Decisions("by: hash", young));
        Assert.Equal(before, Arrivals(old));

        group.Apply(Policy($"by: consistent, {Sticky}"), confirmWithin: s_long);
        Assert.Equal(before, Arrivals(old));
        Assert.Equal(meanwhile, Arrivals(young));
        group.RollBack();
        Assert.Equal(before, Arrivals(old));
        Assert.Equal(meanwhile, Arrivals(young));

        int[] Arrivals(FlowKey[] flows) => [.. flows.Select(flow => Arrival(flow, group.OwnSockets[0]).Slot)];

        static int[] Decisions(string policy, FlowKey[] flows) =>
            [.. flows.Select(flow => new PolicyEvaluator(Policy(policy), Slots).Decide(flow, new bool[] { true, true, true, true }).Slot)];
    }

    [Theory]
    [InlineData("version: 1\npolicy: moving\notherwise: { by: hash }\nmigrate: policy", false)]
    [InlineData("version: 1\npolicy: moving\notherwise: { by: hash }\nmigrate: policy", true)]
    public void A_deadline_does_not_return_to_what_is_attached_otherwise(string migrating, bool hasPolicy)
    {
        using GroupCatalog catalog = Catalog();
        ManagedGroup group = catalog.Open(Request() with { Protocols = [TransportProtocol.Tcp] });
        if (hasPolicy)
        {
            group.Apply(Policy(Former));
        }

        Assert.Equal(TrialCodes.CannotReturnTo, RefusalCode(() => group.Apply(Policy(migrating), confirmWithin: s_long)));
        group.Apply(Policy(migrating));
        Assert.Equal(TrialCodes.CannotReturnTo, RefusalCode(() => group.Apply(Policy(Former), confirmWithin: s_long)));
        Assert.Equal(Policy(migrating), group.Policy);
        group.Apply(Policy(migrating.Replace("by: hash", "by: consistent", StringComparison.Ordinal)), confirmWithin: s_long);
        Assert.Equal(PolicyState.Pending, group.State);
    }

    /// <summary>The rule behind that, of the kernel: programs of one PROG_ARRAY, and those that jump into it, are attached alike.</summary>
    [Fact]
    public void A_program_array_takes_programs_that_are_attached_alike()
    {
        IBackendMap seats = CreateMap(PassingProgram.Spec.Maps[0]);
        IBackendProgram selects = Load(PassingProgram.Spec, seats);
        IBackendProgram migrates = Load(PassingProgram.Spec with { ExpectedAttachType = AttachType.SkReuseportSelectOrMigrate }, seats);
        IBackendMap ways = CreateMap(ConfirmProgram.WaysMap);
        IBackendMap deadline = CreateMap(ConfirmProgram.DeadlineMap);
        ways.UpdateProgram(0, selects);
        Assert.Equal(Errno.EINVAL, Refusal(() => ways.UpdateProgram(1, migrates)));
        Assert.Equal(Errno.EINVAL, Refusal(() => Load(ConfirmProgram.For(migrates: true), seats, deadline, ways)));
        _ = Load(ConfirmProgram.For(migrates: false), seats, deadline, ways);

        IBackendMap others = CreateMap(ConfirmProgram.WaysMap);
        _ = Load(ConfirmProgram.For(migrates: true), seats, deadline, others);
        Assert.Equal(Errno.EINVAL, Refusal(() => others.UpdateProgram(0, selects)));
        others.UpdateProgram(0, migrates);
    }

    /// <summary>A program in the place of a policy is returned to as well; a classic one cannot be.</summary>
    [Fact]
    public void A_deadline_returns_to_a_program()
    {
        using GroupCatalog catalog = Catalog();
        ManagedGroup group = catalog.Open(Small());
        group.Apply(SeatedProgram.Of(TestPrograms.Return(0)), "drop", null);
        group.Apply(Policy(Newer), confirmWithin: s_short);
        Backend.LetTimePass(2 * s_short);
        Assert.Equal(Rejected, Arrival("udp4", group.OwnSockets[0]));
        Assert.Same(group, catalog.Find(Name));
        Assert.Equal((PolicyState.RolledBack, "drop"), (group.State, group.Program?.Name));
        group.RollBack();
        Assert.Equal(Rejected, Arrival("udp4", group.OwnSockets[0]));
    }

    [Theory]
    [InlineData("deadline")]
    [InlineData("now")]
    [InlineData("confirmed")]
    public void A_program_in_the_place_of_a_policy_waits_too_and_another_shell_finds_it_so(string how)
    {
        IBackendSocket[] members = [.. OpenMany("udp4", 4)];
        SeatedProgram drop = SeatedProgram.Of(TestPrograms.Return(0));
        using (ManagedGroup group = Catalog().Adopt(Adoption))
        {
            group.Apply(Policy(Former));
            Assert.Contains("Return to policy 'simple' after 01:00:00", group.PlanProgram(drop, 2, s_long)[^1], StringComparison.Ordinal);
            group.Apply(drop, "drop", null, confirmWithin: how == "deadline" ? s_short : s_long);
            Assert.True(how == "deadline" || Arrival("udp4", members) == Rejected);
        }

        GroupCatalog catalog = Catalog();
        using (ManagedGroup found = catalog.Find(Name)!)
        {
            switch (how)
            {
                case "deadline":
                    Backend.LetTimePass(2 * s_short);
                    using (ManagedGroup returned = catalog.Find(Name)!)
                    {
                        Assert.Equal((PolicyState.RolledBack, Policy(Former), null, "program 'drop'"), (returned.State, returned.Policy, returned.Program, returned.Alternative));
                    }

                    AssertArrive(members, Former);
                    found.RollBack();
                    break;
                case "now":
                    Assert.Equal((PolicyState.Pending, "drop", "policy 'simple'"), (found.State, found.Program?.Name, found.Alternative));
                    found.RollBack();
                    break;
                default:
                    found.ConfirmPolicy();
                    break;
            }

            Assert.Equal((PolicyState.Active, how == "confirmed" ? "drop" : null), (found.State, found.Program?.Name));
            Assert.Equal(how == "confirmed" ? [Former] : [], found.History.Select(version => Body(version.Text)));
            if (how == "confirmed")
            {
                Assert.Equal(Rejected, Arrival("udp4", members));
            }
            else
            {
                AssertArrive(members, Former);
            }
        }

        AssertRemovesAll(catalog);
    }

    [Fact]
    public void A_program_that_is_attached_otherwise_or_a_classic_one_cannot_wait()
    {
        using GroupCatalog catalog = Catalog();
        ManagedGroup group = catalog.Open(Small());
        group.Apply(Policy(Former));
        SeatedProgram migrates = SeatedProgram.Of(TestPrograms.Return(0) with { ExpectedAttachType = AttachType.SkReuseportSelectOrMigrate });
        Assert.Equal(TrialCodes.CannotReturnTo, RefusalCode(() => group.Apply(migrates, "migrates", null, confirmWithin: s_long)));
        Assert.Equal(TrialCodes.CannotReturnTo, RefusalCode(() => group.PlanProgram(null, 1, s_long)));
        Assert.Equal((PolicyState.Active, Policy(Former)), (group.State, group.Policy));
        AssertArrive(group, Former);
    }

    private GroupOpenRequest Small() => new(Name, [TransportProtocol.Udp], [World.ServerV4], Port, Slots, World.Servers);

    private static string Body(string text) => text.Contains("slot: 1", StringComparison.Ordinal) ? Former : text;

    private int[] Arrivals(IReadOnlyList<IBackendSocket> members) => [.. Enumerable.Range(0, 40).Select(_ => Arrival("udp4", members).Slot)];

    private void AssertArrive(ManagedGroup group, string? policy) => AssertArrive(group.OwnSockets[0], policy);

    private void AssertArrive(IReadOnlyList<IBackendSocket> members, string? policy)
    {
        int[] slots = [.. Enumerable.Range(0, 24).Select(_ => Arrival("udp4", members).Slot)];
        if (policy is null)
        {
            Assert.True(slots.Distinct().Count() > 1);
        }
        else
        {
            int slot = policy.Contains("slot: ", StringComparison.Ordinal) ? policy[^1] - '0' : policy.Contains("1: 1", StringComparison.Ordinal) || policy.Contains("[1]", StringComparison.Ordinal) ? 1 : 2;
            Assert.All(slots, arrived => Assert.Equal(slot, arrived));
        }
    }

    /// <summary>Removes the group, and holds that no program and no map of its pins is there any more.</summary>
    private void AssertRemovesAll(GroupCatalog catalog, bool hasPrograms = true)
    {
        List<uint> programs = [];
        using (IPinFolder pins = Backend.Pins.Open(Name)!)
        {
            foreach (string name in pins.Names.Where(name => name.StartsWith("prog", StringComparison.Ordinal)))
            {
                using IBackendProgram program = pins.OpenProgram(name)!;
                programs.Add(program.Id);
            }
        }

        catalog.Remove(Name);
        Assert.Equal(hasPrograms, programs.Count > 0);
        Assert.True(Becomes(() => !programs.Any(Exists)));
        Assert.DoesNotContain(Name, Backend.Pins.List());
    }
}
