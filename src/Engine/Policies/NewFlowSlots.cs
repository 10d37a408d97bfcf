using System.Collections.Immutable;

namespace ReuseportPS.Engine.Policies;

/// <summary>The slots that an action may give new flows to, and whether the states of the slots leave it any.</summary>
internal static class NewFlowSlots
{
    /// <summary>Ascending, each once; none for a rejection and for the kernel's own choice.</summary>
    public static ImmutableArray<int> Of(SteeringPolicy policy, PolicyAction action, int slotCount) => action is not SteerAction { By: Balancer balancer } ? [] : balancer switch
    {
        SlotBalancer by => [.. policy.ResolveSlots(by.Slot)],
        ChainBalancer by => policy.ResolveSlots(by.To, slotCount),
        HashBalancer by => policy.ResolveSlots(by.To, slotCount),
        RandomBalancer by => policy.ResolveSlots(by.To, slotCount),
        LeastLoadedBalancer by => policy.ResolveSlots(by.To, slotCount),
        RoundRobinBalancer by => policy.ResolveSlots(by.To, slotCount),
        ConsistentBalancer by => policy.ResolveSlots(by.To, slotCount),
        WeightedBalancer by => [.. by.Weights.Items.Where(weight => weight.Weight > 0).SelectMany(weight => policy.ResolveSlots(weight.Slots)).Distinct().Order()],
        CpuBalancer by => [.. policy.ResolveSlots(by.To, slotCount).Concat(by.Cpus.Items.SelectMany(cpu => policy.ResolveSlots(cpu.Slot))).Distinct().Order()],
        NumaBalancer by => [.. by.Nodes.Items.SelectMany(node => node.Slots.Items).SelectMany(policy.ResolveSlots).Distinct().Order()],
        GenerationBalancer by => policy.ResolveSlots([by.Generations[^1]], slotCount),
        ConnectionIdBalancer by => policy.ResolveSlots(by.NewSlots, slotCount),
        _ => [],
    };

    /// <summary>Of some slots those that get new flows: the active ones, or the ones on standby when none is active.</summary>
    public static ImmutableArray<int> Usable(ImmutableArray<int> slots, SlotStates states)
    {
        ImmutableArray<int> active = [.. slots.Where(slot => states[slot] == SlotState.Active)];
        return active.IsEmpty ? [.. slots.Where(slot => states[slot] == SlotState.Standby)] : active;
    }

    /// <summary>Positions of the actions all of whose slots are draining, so that new flows find none there.</summary>
    public static IEnumerable<int> Stranded(SteeringPolicy policy, int slotCount, SlotStates states) => Enumerable.Range(0, policy.Rules.Count + 1).Where(position =>
        Of(policy, policy.ActionAt(position), slotCount) is { IsEmpty: false } slots && Usable(slots, states).IsEmpty);
}
