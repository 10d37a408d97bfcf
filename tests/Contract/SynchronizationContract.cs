using System.Collections.Immutable;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Contract;

/// <summary>Members of an adopted group come, go, and all come again: looking again seats and attaches what is missing, and nothing else.</summary>
public abstract class SynchronizationContract<TWorld>(TWorld world) : GroupTest<TWorld>(world)
    where TWorld : World
{
    [Theory]
    [InlineData("udp4")]
    [InlineData("tcp6")]
    public void Newcomers_get_slots_and_their_part_of_the_traffic(string kind)
    {
        List<IBackendSocket> members = [.. OpenMany(kind, 2)];
        GroupCatalog catalog = Catalog();
        using ManagedGroup group = catalog.Adopt(Adoption);
        group.Apply(Policy("by: hash"));
        members.AddRange(OpenMany(kind, 2));
        Assert.All(Enumerable.Range(0, 16), _ => Assert.InRange(Arrival(Flow(kind), members).Slot, 0, 1));

        GroupSynchronization done = group.Synchronize();

        Assert.Equal((2, 4), (done.FormerSlotCount, done.SlotCount));
        Assert.Equal([(2, members[2].Cookie), (3, members[3].Cookie)], done.Seated.Select(seat => (seat.Slot, seat.Member.Cookie)));
        Assert.Empty(done.Unseatable);
        Assert.Empty(done.EmptySlots);
        AssertDecides(group, kind, members);

        // Another shell finds it so.
        using ManagedGroup found = Catalog().Find(Name)!;
        Assert.Equal(4, found.SlotCount);
        AssertDecides(found, kind, members);
        Assert.False(found.Synchronize().HasChanged);
    }

    [Fact]
    public void A_newcomer_takes_the_seat_that_was_left_and_nobody_else_moves()
    {
        List<IBackendSocket> members = [.. OpenMany("udp4", 4)];
        using ManagedGroup group = Catalog().Adopt(Adoption);
        group.Apply(Policy("by: hash"));
        ImmutableArray<uint> programs = group.ProgramIds;
        members[1].Dispose();
        Assert.True(Becomes(() => group.ReadSlots()[1].Seats[0].Cookie == 0));
        GroupSynchronization none = group.Synchronize();
        Assert.False(none.HasChanged);
        Assert.Equal([1], none.EmptySlots);
        members[1] = Open("udp4");

        GroupSynchronization done = group.Synchronize();

        Assert.Equal([(1, members[1].Cookie)], done.Seated.Select(seat => (seat.Slot, seat.Member.Cookie)));
        Assert.Equal((4, 4), (done.FormerSlotCount, done.SlotCount));
        Assert.Equal(programs, group.ProgramIds);
        Assert.Equal(members.Select(member => member.Cookie), group.ReadSlots().Select(slot => slot.Seats[0].Cookie));
        AssertDecides(group, "udp4", members);
    }

    [Theory]
    [InlineData("udp4")]
    [InlineData("tcp4")]
    public void After_a_restart_the_same_program_decides_again(string kind)
    {
        List<IBackendSocket> members = [.. OpenMany(kind, 3)];
        using ManagedGroup group = Catalog().Adopt(Adoption);
        group.Apply(Policy("by: weighted, weights: { 0: 60, 1: 30, 2: 10 }, key: source"));
        ImmutableArray<uint> programs = group.ProgramIds;
        members.ForEach(member => member.Dispose());
        Assert.True(Becomes(() => group.ReadSlots().All(slot => slot.Seats[0].Cookie == 0)));
        GroupSynchronization nobody = group.Synchronize();
        Assert.False(nobody.HasChanged);
        Assert.Equal([0, 1, 2], nobody.EmptySlots);
        members = [.. OpenMany(kind, 3)];
        Assert.Equal(AttachmentState.None, Backend.InspectAttachment(Record(members[0])).State);

        GroupSynchronization done = group.Synchronize();

        Assert.Equal(group.KernelGroups, done.Attached);
        Assert.Equal(members.Select(member => member.Cookie), done.Seated.Select(seat => seat.Member.Cookie));
        Assert.Equal(programs, group.ProgramIds);
        Assert.Equal(programs[0], Backend.InspectAttachment(Record(members[0])).ProgramId);
        AssertDecides(group, kind, members);
    }

    [Fact]
    public void A_group_that_has_returned_goes_on_with_the_policy_that_it_had()
    {
        List<IBackendSocket> members = [.. OpenMany("udp4", 2)];
        using ManagedGroup group = Catalog().Adopt(Adoption);
        group.Apply(Policy("by: hash"));
        group.Apply(Policy("by: slot, slot: 1"), confirmWithin: TimeSpan.FromMilliseconds(30));
        Backend.LetTimePass(TimeSpan.FromMilliseconds(60));
        members.AddRange(OpenMany("udp4", 2));

        GroupSynchronization done = group.Synchronize();

        Assert.Equal((2, 4), (done.FormerSlotCount, done.SlotCount));
        Assert.Equal((PolicyState.Active, Policy("by: hash")), (group.State, group.Policy));
        AssertDecides(group, "udp4", members);
        using ManagedGroup found = Catalog().Find(Name)!;
        Assert.Equal((PolicyState.Active, Policy("by: hash")), (found.State, found.Policy));
        AssertDecides(found, "udp4", members);
    }

    [Fact]
    public void A_policy_waits_on_over_a_restart_and_newcomers_wait_for_it()
    {
        List<IBackendSocket> members = [.. OpenMany("udp4", 2)];
        using ManagedGroup group = Catalog().Adopt(Adoption);
        group.Apply(Policy("by: hash"));
        group.Apply(Policy("by: slot, slot: 1"), confirmWithin: TimeSpan.FromHours(1));
        ImmutableArray<uint> programs = group.ProgramIds;
        members.ForEach(member => member.Dispose());
        Assert.True(Becomes(() => group.ReadSlots().All(slot => slot.Seats[0].Cookie == 0)));
        members = [.. OpenMany("udp4", 2)];

        Assert.Equal(group.KernelGroups, group.Synchronize().Attached);

        Assert.Equal((PolicyState.Pending, programs[0]), (group.State, Backend.InspectAttachment(Record(members[0])).ProgramId));
        AssertDecides(group, "udp4", members);

        // Another slot needs another program.
        members.Add(Open("udp4"));
        Assert.Equal(TrialCodes.Unconfirmed, RefusalCode(() => group.Synchronize()));
        Assert.Equal((PolicyState.Pending, 2), (group.State, group.SlotCount));
        Assert.True(AreUnseated([members[2]]));
        AssertDecides(group, "udp4", members);

        group.RollBack();
        Assert.Equal(3, group.Synchronize().SlotCount);
        Assert.Equal(Policy("by: hash"), group.Policy);
        AssertDecides(group, "udp4", members);
    }

    [Fact]
    public void A_group_without_a_policy_keeps_passing()
    {
        List<IBackendSocket> members = [.. OpenMany("udp4", 2)];
        using ManagedGroup group = Catalog().Adopt(Adoption);
        members.AddRange(OpenMany("udp4", 1));
        Assert.Equal(3, group.Synchronize().SlotCount);
        Assert.Null(group.Policy);
        using ManagedGroup found = Catalog().Find(Name)!;
        Assert.Equal(3, found.SlotCount);
        Assert.False(found.Synchronize().HasChanged);
    }

    [Fact]
    public void A_foreign_program_is_left_and_nobody_is_seated()
    {
        List<IBackendSocket> members = [.. OpenMany("udp4", 2), .. OpenMany("udp6", 2)];
        using ManagedGroup group = Catalog().Adopt(Adoption);
        group.Apply(Policy("by: slot, slot: 1"));
        members.Add(Open("udp4"));
        members.Add(Open("udp6"));
        members[2].AttachProgram(Load(TestPrograms.Return(1)));
        uint foreign = Backend.InspectAttachment(Record(members[2])).ProgramId;

        Assert.Equal(GroupCodes.ForeignProgram, RefusalCode(() => group.Synchronize()));

        Assert.Equal(2, group.SlotCount);
        Assert.Equal(4, group.ReadSlots().SelectMany(slot => slot.Seats).Count(seat => seat.Cookie != 0));
        Assert.Equal(foreign, Backend.InspectAttachment(Record(members[2])).ProgramId);
        Assert.True(AreUnseated([members[4], members[5]]));

        GroupSynchronization done = group.Synchronize(force: true);
        Assert.Equal(3, done.SlotCount);
        Assert.Equal(Slot(3), Arrival(Flow("udp6"), members));
    }

    [Fact]
    public void Connected_members_are_not_seated()
    {
        List<IBackendSocket> members = [.. OpenMany("udp4", 2)];
        using ManagedGroup group = Catalog().Adopt(Adoption);
        IBackendSocket connected = Open("udp4");
        connected.Connect(new System.Net.IPEndPoint(World.ClientV4, 9));
        GroupSynchronization done = group.Synchronize();
        Assert.False(done.HasChanged);
        Assert.Equal(2, done.SlotCount);
    }

    [Fact]
    public void An_own_group_is_always_in_step()
    {
        GroupSynchronization done = Catalog().Open(new GroupOpenRequest(Name, Both, [World.ServerV4], Port, 3, World.Servers)).Synchronize();
        Assert.False(done.HasChanged);
        Assert.Equal(3, done.SlotCount);
    }

    [Fact]
    public void A_server_that_is_still_growing_gets_its_seats_when_two_looks_find_the_same()
    {
        List<IBackendSocket> members = [.. OpenMany("tcp4", 2)];
        Catalog().Adopt(Adoption).Dispose();
        List<string[]> changes = [];
        TimedBackend timed = new(Backend, () => members.AddRange(OpenMany("tcp4", 1)), () => members.AddRange(OpenMany("tcp4", 1)), static () => { });
        using ManagedGroup group = Catalog(timed).Find(Name)!;

        GroupSynchronization done = group.SynchronizeSettled(TimeSpan.FromSeconds(60), waiting: (now, _) => changes.Add([.. now]));

        Assert.Equal([], done.Unsettled!.Value);
        Assert.Equal((2, 4), (done.FormerSlotCount, done.SlotCount));
        Assert.Equal([members[2].Cookie, members[3].Cookie], done.Seated.Select(seat => seat.Member.Cookie));
        Assert.Equal(["", $"cookie {members[2].Cookie} came", $"cookie {members[3].Cookie} came"], changes.Select(now => now.Length == 0 ? "" : now[0][now[0].IndexOf("cookie", StringComparison.Ordinal)..]));
    }

    [Fact]
    public void A_server_that_shrinks_or_hands_its_sockets_over_has_not_settled()
    {
        List<IBackendSocket> members = [.. OpenMany("udp4", 3)];
        Catalog().Adopt(Adoption).Dispose();
        List<string> changes = [];
        TimedBackend timed = new(Backend, members[2].Dispose);
        using ManagedGroup group = Catalog(timed).Find(Name)!;
        ulong gone = members[2].Cookie;

        GroupSynchronization done = group.SynchronizeSettled(TimeSpan.FromSeconds(60), waiting: (now, _) => changes.AddRange(now));

        Assert.EndsWith($"cookie {gone} went", Assert.Single(changes), StringComparison.Ordinal);
        Assert.Equal([2], done.EmptySlots);
        Assert.Equal([], done.Unsettled!.Value);
    }

    [Fact]
    public void After_a_restart_who_is_there_is_seated_before_it_is_waited()
    {
        List<IBackendSocket> members = [.. OpenMany("udp4", 2)];
        using (ManagedGroup adopted = Catalog().Adopt(Adoption))
        {
            adopted.Apply(Policy("by: slot, slot: 1"));
            members.ForEach(member => member.Dispose());
            Assert.True(Becomes(() => adopted.ReadSlots().All(slot => slot.Seats[0].Cookie == 0)));
        }

        members = [.. OpenMany("udp4", 2)];
        int arrived = -1;
        TimedBackend timed = new(
            Backend, () =>
            {
                arrived = Arrival(Flow("udp4"), members).Slot;
                members.AddRange(OpenMany("udp4", 1));
            });
        using ManagedGroup group = Catalog(timed).Find(Name)!;

        GroupSynchronization done = group.SynchronizeSettled(TimeSpan.FromSeconds(60));

        Assert.Equal(1, arrived);
        Assert.Single(done.Attached);
        Assert.Equal((2, 3), (done.FormerSlotCount, done.SlotCount));
        Assert.Equal(members.Select(member => member.Cookie), done.Seated.Select(seat => seat.Member.Cookie));
    }

    [Fact]
    public void A_generation_is_one_however_its_members_come()
    {
        List<IBackendSocket> members = [.. OpenMany("udp4", 2)];
        using (ManagedGroup adopted = Catalog().Adopt(Adoption))
        {
            adopted.Apply(Policy("by: generation, generations: [0-1], sticky: { entries: 64, idle: 60s }"));
        }

        members.AddRange(OpenMany("udp4", 1));
        using ManagedGroup group = Catalog(new TimedBackend(Backend, () => members.AddRange(OpenMany("udp4", 1)))).Find(Name)!;

        GroupSynchronization done = group.SynchronizeSettled(TimeSpan.FromSeconds(60), asGeneration: true);

        Assert.Equal([2, 3], done.Seated.Select(seat => seat.Slot));
        Assert.Equal(2, Assert.IsType<GenerationBalancer>(Assert.IsType<SteerAction>(group.Policy!.Otherwise).By).Generations.Count);
    }

    private void AssertDecides(ManagedGroup group, string kind, List<IBackendSocket> members)
    {
        PolicyEvaluator evaluator = new(group.Policy!, group.SlotCount);
        bool[] selectable = [.. Enumerable.Repeat(true, group.SlotCount)];
        Assert.All(Enumerable.Range(0, 24).Select(_ => Flow(kind)), flow => Assert.Equal(Slot(evaluator.Decide(flow, selectable).Slot), Arrival(flow, members)));
    }
}
