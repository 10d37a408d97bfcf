using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Simulator.Preview;
using ReuseportPS.Simulator.Recording;

namespace ReuseportPS.Contract;

/// <summary>A preview over a live group begins with what the group's policy knows, and so each flow goes where the preview said.</summary>
public abstract class LivePreviewContract<TWorld>(TWorld world) : GroupTest<TWorld>(world)
    where TWorld : World
{
    private const int Known = LivePreviewCases.Known;

    [Theory]
    [MemberData(nameof(LivePreviewCases.Changes), MemberType = typeof(LivePreviewCases))]
    public void Each_flow_goes_where_the_preview_says(string kind, string before, string after, int kept)
    {
        IBackendSocket[] members = [.. OpenMany(kind, Slots)];
        using ManagedGroup group = Catalog().Adopt(Adoption);
        group.Apply(Policy(before.Replace("SEED", "", StringComparison.Ordinal)));
        FlowKey[] flows = [.. Enumerable.Range(0, 2 * Known).Select(_ => Flow(kind))];
        int[] first = [.. flows[..Known].Select(flow => Arrival(flow, members).Slot)];

        SteeringPolicy next = Policy(after.Replace("SEED", "", StringComparison.Ordinal));
        PolicyPlan plan = group.Plan(next);
        PreviewGroup seats = new(Slots) { States = plan.States, Memory = group.ReadMemoryFor(next, plan.Compiled) };
        int[] previewed = Preview(next, plan.Compiled, seats, flows);

        Assert.Equal(kept, seats.Memory.Flows.Length);
        Assert.Equal(kept > 0, first.AsSpan().SequenceEqual(previewed.AsSpan(0, Known)));
        Assert.NotEqual(first, Preview(next, plan.Compiled, seats with { Memory = PolicyMemory.Nothing }, flows[..Known]));
        group.Apply(next);
        Assert.Equal(previewed, flows.Select(flow => Arrival(flow, members).Slot));
    }

    [Fact]
    public void A_flow_of_a_seat_that_changed_hands_is_placed_anew_in_the_preview_too()
    {
        IBackendSocket[] members = [.. OpenMany("udp4", Slots)];
        using ManagedGroup group = Catalog().Adopt(Adoption);
        SteeringPolicy policy = Policy("by: hash, sticky: { entries: 4096, idle: 120s }");
        group.Apply(policy);
        FlowKey[] flows = [.. Enumerable.Range(0, Known).Select(_ => Flow("udp4"))];
        int[] first = [.. flows.Select(flow => Arrival(flow, members).Slot)];
        int drained = first[0];
        group.ClearSlots([SlotItem.Of(drained)]);
        group.Change(new SlotChange([SlotItem.Of(drained)]) { State = SlotState.Draining });

        PreviewGroup seats = new(Slots)
        {
            Occupied = [.. Enumerable.Range(0, Slots).Select(slot => slot != drained)],
            States = group.States,
            Memory = group.ReadMemoryFor(policy, group.Compiled!),
        };
        int[] previewed = Preview(policy, group.Compiled!, seats, flows);

        Assert.DoesNotContain(drained, previewed);
        Assert.Equal(first.Where(slot => slot != drained), previewed.Where((_, index) => first[index] != drained));
        Assert.Equal(previewed, flows.Select(flow => Arrival(flow, members).Slot));
    }

    [Fact]
    public void Loads_are_as_old_in_the_preview_as_in_the_group()
    {
        IBackendSocket[] members = [.. OpenMany("udp4", Slots)];
        using ManagedGroup group = Catalog().Adopt(Adoption);
        SteeringPolicy policy = Policy("by: least-loaded, stale: 60s");
        group.Apply(policy);
        foreach (int slot in Enumerable.Range(0, Slots))
        {
            // The busiest of two random slots gets nothing.
            group.Change(new SlotChange([SlotItem.Of(slot)]) { Load = slot == 3 ? 90u : 10u });
        }

        FlowKey[] flows = [.. Enumerable.Range(0, 4 * Known).Select(_ => Flow("udp4"))];
        PreviewGroup seats = new(Slots) { Memory = group.ReadMemoryFor(policy, group.Compiled!) };
        SteeringMeasurement known = new PolicyPreview(group.Compiled!, seats).Measure(new FlowTrace("flows", flows));
        SteeringMeasurement unknown = new PolicyPreview(group.Compiled!, seats with { Memory = PolicyMemory.Nothing }).Measure(new FlowTrace("flows", flows));

        Assert.Equal([10u, 10u, 10u, 90u], seats.Memory.Loads.Select(load => load.Load));
        Assert.Equal((0UL, (ulong)flows.Length), (Stale(known.Counters), Stale(unknown.Counters)));
        _ = flows.Select(flow => Arrival(flow, members)).Count(arrival => arrival.Slot >= 0);
        Assert.Equal(0UL, Stale(group.ReadCounters()));

        static ulong Stale(IEnumerable<CounterReading> counters) => counters.First(counter => counter.Kind == CounterKind.LoadStale).Value;
    }

    /// <summary>Where each flow goes, by bytecode and plain evaluator, which agree.</summary>
    private static int[] Preview(SteeringPolicy policy, CompiledPolicy compiled, PreviewGroup seats, FlowKey[] flows)
    {
        using DecisionTracer tracer = new(policy, compiled, seats);
        using IPacketReader reader = new FlowTrace("flows", flows).Open();
        List<int> slots = [];
        while (reader.TryRead(out Packet packet))
        {
            slots.Add(tracer.Decide(packet).Decision.Slot);
        }

        return [.. slots];
    }
}
