using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Engine.Scenarios;

namespace ReuseportPS.Contract;

/// <summary>The pins of an adopted group go while its members live: the program decides on, and the group is made of it again without a flow that moves.</summary>
public abstract class LostPinsContract<TWorld>(TWorld world) : GroupTest<TWorld>(world)
    where TWorld : World
{
    private const string Sticky = "by: hash, sticky: { entries: 256, idle: 1h }";

    [Theory]
    [InlineData("udp4")]
    [InlineData("tcp6")]
    public void Recovered_a_group_has_program_and_seats_and_takes_a_policy(string kind)
    {
        IBackendSocket[] members = [.. OpenMany(kind, 3)];
        uint program = Lose(Policy("by: slot, slot: 2"));
        Assert.Equal(Slot(2), Arrival(Flow(kind), members));

        Assert.Equal(GroupCodes.LostPins, RefusalCode(() => Catalog().Adopt(Adoption)));
        Assert.DoesNotContain(Name, Backend.Pins.List());
        Assert.Equal(Slot(2), Arrival(Flow(kind), members));

        using (ManagedGroup group = Catalog().Adopt(Adoption with { Recover = true }))
        {
            Assert.Equal([program], group.ProgramIds);
            Assert.True(group.Program is { IsRecovered: true });
            Assert.Null(group.Policy);
            Assert.Equal(members.Select(member => member.Cookie), group.ReadSlots().Select(slot => slot.Seats[0].Cookie));
            Assert.Equal(Slot(2), Arrival(Flow(kind), members));
        }

        // Another shell finds it so, and it is recovered once.
        using (ManagedGroup found = Catalog().Find(Name)!)
        {
            Assert.Equal([program], found.ProgramIds);
            Assert.True(found.Program is { IsRecovered: true });
            Catalog().Adopt(Adoption with { Recover = true }).Dispose();
            Assert.Equal(PolicyChange.Program, found.Apply(Policy("by: slot, slot: 0")).Change);
            Assert.Equal(Slot(0), Arrival(Flow(kind), members));
            Assert.Null(found.Program);
        }

        Catalog().Remove(Name);
        Assert.Equal(AttachmentState.None, Backend.InspectAttachment(Record(members[0])).State);
        Assert.True(AreUnseated(members));
    }

    [Fact]
    public void Flows_stay_where_they_are_when_the_same_policy_comes_again()
    {
        List<IBackendSocket> members = [.. OpenMany("udp4", 4)];
        string[] weights = ["0: 1, 1: 1, 2: 1, 3: 1", "0: 9, 1: 1, 2: 1, 3: 9"];
        FlowKey[] flows = [.. Enumerable.Range(0, 24).Select(_ => Flow("udp4"))];
        FlowArrival[] first;
        using (ManagedGroup group = Catalog().Adopt(Adoption))
        {
            group.Apply(Weighted(0));

            // Slot 1 is another's by now, so that flows count only with its second turn.
            members[1].Dispose();
            Assert.True(Becomes(() => group.ReadSlots()[1].Seats[0].Cookie == 0));
            members[1] = Open("udp4");
            group.Synchronize();
            Assert.Equal(2u, group.States.GenerationOf(1));
            first = Arrivals();
            group.Apply(Weighted(1));
            Assert.Equal(first, Arrivals());
        }

        Backend.Pins.Remove(Name);
        Assert.Equal(first, Arrivals());
        using ManagedGroup recovered = Catalog().Adopt(Adoption with { Recover = true });
        PolicyPlan plan = recovered.Plan(Weighted(1));
        Assert.All(plan.FlowTables, table => Assert.True(table.IsKept, table.ToString()));
        Assert.Equal(flows.Length, recovered.ReadMemoryFor(Weighted(1), plan.Compiled).Flows.Length);
        recovered.Apply(Weighted(1));

        Assert.Equal(2u, recovered.States.GenerationOf(1));
        Assert.Equal(first, Arrivals());
        Assert.NotEqual(first.Select(arrival => arrival.Slot), flows.Select(flow => new PolicyEvaluator(Weighted(1), 4).Decide(flow, new bool[] { true, true, true, true }).Slot));

        SteeringPolicy Weighted(int index) => Policy($"by: weighted, weights: {{ {weights[index]} }}, key: source, sticky: {{ entries: 256, idle: 1h }}");

        FlowArrival[] Arrivals() => [.. flows.Select(flow => Arrival(flow, members))];
    }

    [Fact]
    public void The_flows_of_another_policy_are_forgotten_and_the_plan_says_so()
    {
        _ = OpenMany("udp4", 3);
        Lose(Policy(Sticky));
        using ManagedGroup group = Catalog().Adopt(Adoption with { Recover = true });

        PolicyPlan plan = group.Plan(Policy("by: hash, key: source, sticky: { entries: 256, idle: 1h }"));

        Assert.False(Assert.Single(plan.FlowTables).IsKept);
        Assert.Contains(plan.Steps, step => step.Contains("forgotten", StringComparison.Ordinal));
        Assert.True(Assert.Single(group.Plan(Policy(Sticky)).FlowTables).IsKept);

        // The same code with a table of another size is not the same table.
        Assert.False(Assert.Single(group.Plan(Policy("by: hash, sticky: { entries: 512, idle: 1h }")).FlowTables).IsKept);
    }

    [Fact]
    public void All_kernel_groups_are_recovered_and_one_that_came_anew_is_adopted_beside_them()
    {
        IBackendSocket[] v4 = [.. OpenMany("udp4", 2)];
        IBackendSocket[] v6 = [.. OpenMany("udp6", 2)];
        Lose(Policy("by: slot, slot: 1"));
        IBackendSocket[] tcp = [.. OpenMany("tcp4", 3)];

        using ManagedGroup group = Catalog().Adopt(Adoption with { Recover = true });

        Assert.Equal(3, group.KernelGroups.Length);
        Assert.Equal(3, group.SlotCount);
        Assert.Equal([1, 1], ((string[])["udp4", "udp6"]).Select((kind, index) => Arrival(Flow(kind), index == 0 ? v4 : v6).Slot));
        group.Apply(Policy("by: slot, slot: 0"));
        Assert.Equal([0, 0, 0], ((string[])["udp4", "udp6", "tcp4"]).Select((kind, index) => Arrival(Flow(kind), index == 0 ? v4 : index == 1 ? v6 : tcp).Slot));
    }

    [Fact]
    public void Members_that_came_meanwhile_get_seats_when_it_is_looked_again()
    {
        List<IBackendSocket> members = [.. OpenMany("udp4", 2)];
        Lose(Policy("by: slot, slot: 1"));
        members.AddRange(OpenMany("udp4", 2));
        using ManagedGroup group = Catalog().Adopt(Adoption with { Recover = true });
        Assert.Equal((2, 2), (group.SlotCount, group.CountUnseated()));
        Assert.Equal(Slot(1), Arrival(Flow("udp4"), members));

        group.Apply(Policy("by: slot, slot: 1"));
        GroupSynchronization done = group.Synchronize();

        Assert.Equal((2, 4, 0), (done.FormerSlotCount, done.SlotCount, group.CountUnseated()));
        Assert.Equal(Slot(1), Arrival(Flow("udp4"), members));
    }

    [Fact]
    public void A_group_without_a_policy_is_recovered_as_one_and_a_frozen_one_stays_frozen()
    {
        List<IBackendSocket> members = [.. OpenMany("udp4", 3)];
        Catalog().Adopt(Adoption).Dispose();
        Backend.Pins.Remove(Name);
        using (ManagedGroup group = Catalog().Adopt(Adoption with { Recover = true }))
        {
            Assert.Null(group.Program);
            Assert.Single(group.ProgramIds);
        }

        Catalog().Remove(Name);
        Catalog().Adopt(Adoption with { Freeze = true }).Dispose();
        FlowKey[] flows = [.. Enumerable.Range(0, 24).Select(_ => Flow("udp4"))];
        FlowArrival[] before = Arrivals();
        Backend.Pins.Remove(Name);
        members.AddRange(OpenMany("udp4", 2));
        using (ManagedGroup frozen = Catalog().Adopt(Adoption with { Recover = true, Freeze = true }))
        {
            Assert.Equal(FrozenHashProgram.Name, frozen.Program?.Name);
            Assert.Equal(before, Arrivals());
        }

        Catalog().Remove(Name);
        Lose(Policy("by: slot, slot: 1"));
        Assert.Equal(GroupCodes.CannotFreeze, RefusalCode(() => Catalog().Adopt(Adoption with { Recover = true, Freeze = true })));
        Assert.Equal(Slot(1), Arrival(Flow("udp4"), members));

        FlowArrival[] Arrivals() => [.. flows.Select(flow => Arrival(flow, members))];
    }

    [Fact]
    public void Force_takes_it_up_too()
    {
        IBackendSocket[] members = [.. OpenMany("udp4", 2)];
        uint program = Lose(Policy("by: slot, slot: 1"));
        Assert.Empty(Catalog().FindForeign(Adoption));

        using ManagedGroup group = Catalog().Adopt(Adoption with { Force = true });

        Assert.Equal([program], group.ProgramIds);
        Assert.Equal(Slot(1), Arrival(Flow("udp4"), members));
    }

    [Fact]
    public void A_program_of_others_and_one_of_a_group_that_has_its_pins_or_its_sockets_is_not_recovered()
    {
        IBackendSocket[] members = [.. OpenMany("udp4", 2)];
        members[0].AttachProgram(Load(TestPrograms.Return(0)));
        Assert.Equal(GroupCodes.ForeignProgram, RefusalCode(() => Catalog().Adopt(Adoption with { Recover = true })));
        Assert.Single(Catalog().FindForeign(Adoption));
        members[0].DetachProgram();

        // Somebody else's socket map, with members in it.
        IBackendMap seats = CreateSeats([.. members]);
        members[0].AttachProgram(Load(PassingProgram.Spec, seats));
        Assert.Equal(GroupCodes.ForeignProgram, RefusalCode(() => Catalog().Adopt(Adoption with { Recover = true })));
        members[0].DetachProgram();
        seats.Delete([0, 0, 0, 0]);
        seats.Delete([1, 0, 0, 0]);

        Catalog().Adopt(Adoption).Dispose();
        Assert.Equal(GroupCodes.ForeignProgram, RefusalCode(() => Catalog().Adopt(Adoption with { Name = Name + "-other", Recover = true })));
        Catalog().Remove(Name);

        GroupCatalog owner = Catalog();
        ManagedGroup owned = owner.Open(new GroupOpenRequest(Name, [TransportProtocol.Tcp], [World.ServerV4], Port, 2, World.Servers));
        owned.Apply(Policy("by: slot, slot: 1"));
        Assert.Equal(GroupCodes.ForeignProgram, RefusalCode(() => owner.Adopt(Adoption with { Name = Name + "-other", Protocol = TransportProtocol.Tcp, Recover = true })));
    }

    [Fact]
    public void Whatever_fails_the_program_decides_on_and_can_be_recovered_after()
    {
        IBackendSocket[] members = [.. OpenMany("udp4", 2), .. OpenMany("udp6", 2)];
        uint program = Lose(Policy(Sticky));
        FlowKey[] flows = [.. Enumerable.Range(0, 8).Select(index => Flow(index % 2 == 0 ? "udp4" : "udp6"))];
        FlowArrival[] before = [.. flows.Select(flow => Arrival(flow, members))];
        FaultyBackend faulty = Keep(new FaultyBackend(Backend) { SparesSeats = true });
        int failures = 0;
        for (int n = 1; faulty.Disturb(n, () => Catalog(faulty).Adopt(Adoption with { Recover = true }).Dispose()); n++)
        {
            failures++;
            Assert.Equal("", faulty.Handles);
            Assert.DoesNotContain(Name, Backend.Pins.List());
            Assert.Equal(program, Backend.InspectAttachment(Record(members[0])).ProgramId);
            Assert.Equal(before, flows.Select(flow => Arrival(flow, members)));
        }

        Assert.True(failures > 20, $"{failures} operations could be refused.");
        using ManagedGroup group = Catalog().Find(Name)!;
        Assert.True(group.Program is { IsRecovered: true });
    }

    /// <summary>Adopts, applies a policy, and takes the pins away; the id of the program of the first kernel group, which decides on.</summary>
    private uint Lose(SteeringPolicy policy)
    {
        uint program;
        using (ManagedGroup group = Catalog().Adopt(Adoption))
        {
            group.Apply(policy);
            program = group.ProgramIds[0];
        }

        Backend.Pins.Remove(Name);
        return program;
    }
}
