using System.Collections.Immutable;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Engine.Backends.Groups;

/// <summary>The weights of a policy, slot by slot: to read one, and to have the policy with another.</summary>
public static class PolicyWeights
{
    /// <summary>The weight of a slot; null where no action weighs it, or several do differently.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="slot">Slot number.</param>
    /// <param name="slotCount">Slots of the group.</param>
    public static int? Of(SteeringPolicy policy, int slot, int slotCount)
    {
        int[] weights =
        [
            .. Weighted(policy).Where(position => MayWeigh(policy, BalancerAt(policy, position), slot, slotCount))
                .Select(position => WeightIn(policy, BalancerAt(policy, position), slot) ?? 0).Distinct(),
        ];
        return weights.Length == 1 ? weights[0] : null;
    }

    /// <summary>The policy with another weight for some slots, each of them. A range or a name that stood for more slots is split.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="slots">The slots: numbers, ranges, names.</param>
    /// <param name="weight">The weight, 0 to <see cref="SlotWeight.Highest"/>.</param>
    /// <param name="rule">The rule that is meant, or <see cref="SteeringPolicy.OtherwiseName"/>; null for every action that has a weight for the slot, or the only one that could.</param>
    /// <param name="slotCount">Slots of the group.</param>
    /// <exception cref="DiagnosticException">No action weighs the slot, or it is unclear which is meant.</exception>
    public static SteeringPolicy With(SteeringPolicy policy, EquatableArray<SlotItem> slots, int weight, string? rule, int slotCount)
    {
        foreach (SlotItem item in slots)
        {
            int slot = policy.ResolveSlots(item).First();
            foreach (int position in Meant(policy, slot, rule, slotCount).ToArray())
            {
                WeightedBalancer by = BalancerAt(policy, position);
                policy = policy.WithBalancer(position, by with { Weights = Replace(policy, by.Weights, item, weight) });
            }
        }

        return policy;
    }

    private static EquatableArray<SlotWeight> Replace(SteeringPolicy policy, EquatableArray<SlotWeight> weights, SlotItem changed, int weight)
    {
        HashSet<int> slots = [.. policy.ResolveSlots(changed)];
        List<SlotWeight> replaced = [];
        int place = -1;
        foreach (SlotWeight old in weights)
        {
            int[] left = [.. policy.ResolveSlots(old.Slots).Where(slot => !slots.Contains(slot)).Order()];
            if (left.Length == policy.ResolveSlots(old.Slots).Count())
            {
                replaced.Add(old);
                continue;
            }

            place = place < 0 ? replaced.Count : place;
            replaced.AddRange(SlotItem.Ranges(left).Select(range => new SlotWeight(range, old.Weight)));
        }

        replaced.Insert(place < 0 ? replaced.Count : place, new SlotWeight(changed, weight));
        return replaced.ToEquatableArray();
    }

    private static int[] Meant(SteeringPolicy policy, int slot, string? rule, int slotCount)
    {
        int[] weighted = [.. Weighted(policy)];
        if (rule is not null)
        {
            int named = Enumerable.Range(0, policy.Rules.Count + 1).FirstOrDefault(position => policy.ActionName(position) == rule, -1);
            return weighted.Contains(named) ? [named] : throw Refuse(
                $"Policy '{policy.Name}' has no rule '{rule}' with weights.",
                weighted.Length == 0 ? "Choose a policy with 'by: weighted'." : $"Name one of: {string.Join(", ", weighted.Select(policy.ActionName))}.");
        }

        int[] mentioned = [.. weighted.Where(position => WeightIn(policy, BalancerAt(policy, position), slot) is not null)];
        if (mentioned.Length > 0)
        {
            return mentioned;
        }

        int[] possible = [.. weighted.Where(position => MayWeigh(policy, BalancerAt(policy, position), slot, slotCount))];
        return possible.Length == 1 ? possible : throw (weighted.Length == 0
            ? Refuse($"Policy '{policy.Name}' has no weights: nothing in it is 'by: weighted'.", "Set a policy with 'by: weighted', or drain the slot with Suspend-SocketSlot.")
            : possible.Length == 0 ? Refuse($"No action of policy '{policy.Name}' may weigh slot {slot}: it is not in 'to'.", "Add the slot to 'to' of the action.")
            : Refuse(
                $"Policy '{policy.Name}' has no weight for slot {slot}, and several actions with weights.",
                $"Say with -Rule which is meant: {string.Join(", ", possible.Select(policy.ActionName))}."));
    }

    private static DiagnosticException Refuse(string message, string remedy) => new(Diagnostic.Error(GroupCodes.NothingToChange, message, remedy: remedy));

    private static IEnumerable<int> Weighted(SteeringPolicy policy) => policy.ActionsBy<WeightedBalancer>().Select(action => action.Position);

    private static WeightedBalancer BalancerAt(SteeringPolicy policy, int position) => (WeightedBalancer)((SteerAction)policy.ActionAt(position)).By;

    private static int? WeightIn(SteeringPolicy policy, WeightedBalancer by, int slot) =>
        by.Weights.Items.Where(weight => policy.ResolveSlots(weight.Slots).Contains(slot)).Select(weight => (int?)weight.Weight).FirstOrDefault();

    private static bool MayWeigh(SteeringPolicy policy, WeightedBalancer by, int slot, int slotCount) => policy.ResolveSlots(by.To, slotCount).Contains(slot);
}
