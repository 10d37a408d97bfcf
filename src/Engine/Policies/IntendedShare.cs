using System.Collections.Immutable;

namespace ReuseportPS.Engine.Policies;

/// <summary>The part of the flows that a policy means for a slot, as far as that does not hang on the traffic.</summary>
public static class IntendedShare
{
    /// <summary>0 to 1; null when the policy has rules, or leaves the choice to the kernel.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="slot">Slot number.</param>
    /// <param name="slotCount">Slots of the group.</param>
    public static double? Of(SteeringPolicy policy, int slot, int slotCount)
    {
        if (policy.Rules.Count > 0)
        {
            return null;
        }

        return policy.Otherwise switch
        {
            RejectAction => 0,
            SteerAction { By: SlotBalancer fixedSlot } => policy.ResolveSlots(fixedSlot.Slot).Contains(slot) ? 1 : 0,
            SteerAction { By: HashBalancer hash } => Equal(policy.ResolveSlots(hash.To, slotCount), slot),
            SteerAction { By: ConsistentBalancer consistent } => Equal(policy.ResolveSlots(consistent.To, slotCount), slot),
            SteerAction { By: RandomBalancer random } => Equal(policy.ResolveSlots(random.To, slotCount), slot),
            SteerAction { By: RoundRobinBalancer turns } => Equal(policy.ResolveSlots(turns.To, slotCount), slot),
            SteerAction { By: WeightedBalancer weighted } => Weighted(policy, weighted, slot),
            _ => null,
        };
    }

    private static double Equal(ImmutableArray<int> slots, int slot) => slots.Contains(slot) ? 1.0 / slots.Length : 0;

    private static double Weighted(SteeringPolicy policy, WeightedBalancer weighted, int slot)
    {
        double total = 0;
        double own = 0;
        foreach (SlotWeight weight in weighted.Weights.Items)
        {
            foreach (int weighed in policy.ResolveSlots(weight.Slots))
            {
                total += weight.Weight;
                own += weighed == slot ? weight.Weight : 0;
            }
        }

        return total > 0 ? own / total : 0;
    }
}
