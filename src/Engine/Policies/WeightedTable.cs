using System.Collections.Immutable;

namespace ReuseportPS.Engine.Policies;

/// <summary>The table of a weighted balancer.</summary>
internal static class WeightedTable
{
    /// <summary>Weight by slot number, all slots of the group.</summary>
    public static int[] Weights(SteeringPolicy policy, WeightedBalancer balancer, int slotCount)
    {
        int[] weights = new int[slotCount];
        foreach (SlotWeight weight in balancer.Weights)
        {
            foreach (int slot in policy.ResolveSlots(weight.Slots))
            {
                weights[slot] = weight.Weight;
            }
        }

        return weights;
    }

    /// <summary>The slot of each entry.</summary>
    public static ImmutableArray<int> Build(SteeringPolicy policy, WeightedBalancer balancer, int slotCount) =>
        MaglevTable.Build(Weights(policy, balancer, slotCount), MaglevTable.SizeFor(slotCount));
}
