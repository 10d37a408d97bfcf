using System.Collections.Immutable;

namespace ReuseportPS.Engine.Policies;

/// <summary>The part of the new flows that a policy means for a slot, as far as that does not hang on the traffic.</summary>
public static class IntendedShare
{
    /// <summary>0 to 1; null when the policy has rules, or leaves the choice to the kernel, to CPUs or to loads.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="slot">Slot number.</param>
    /// <param name="slotCount">Slots of the group.</param>
    /// <param name="states">States of the slots; null for all active. Whether anybody sits in a slot is not looked at.</param>
    public static double? Of(SteeringPolicy policy, int slot, int slotCount, SlotStates? states = null)
    {
        if (policy.Rules.Count > 0)
        {
            return null;
        }

        ImmutableArray<int> usable = NewFlowSlots.Usable(NewFlowSlots.Of(policy, policy.Otherwise, slotCount), states ?? SlotStates.AllActive);
        return policy.Otherwise switch
        {
            RejectAction => 0,
            SteerAction { By: SlotBalancer or HashBalancer or ConsistentBalancer or RandomBalancer or RoundRobinBalancer or GenerationBalancer } =>
                usable.Contains(slot) ? 1.0 / usable.Length : 0,
            SteerAction { By: WeightedBalancer weighted } => Weighted(policy, weighted, usable, slot),
            _ => null,
        };
    }

    private static double Weighted(SteeringPolicy policy, WeightedBalancer weighted, ImmutableArray<int> usable, int slot)
    {
        double total = 0;
        double own = 0;
        foreach (SlotWeight weight in weighted.Weights.Items)
        {
            foreach (int weighed in policy.ResolveSlots(weight.Slots).Where(usable.Contains))
            {
                total += weight.Weight;
                own += weighed == slot ? weight.Weight : 0;
            }
        }

        return total > 0 ? own / total : 0;
    }
}
