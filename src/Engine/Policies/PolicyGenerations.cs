using System.Collections.Immutable;
using System.Globalization;

namespace ReuseportPS.Engine.Policies;

/// <summary>The generations of a policy's <c>by: generation</c> actions.</summary>
public static class PolicyGenerations
{
    /// <summary>Whether an action is by generation.</summary>
    public static bool HasAny(SteeringPolicy policy) => policy.ActionsBy<GenerationBalancer>().Any();

    /// <summary>The policy with a newest generation more, in each action by generation. Older ones lose the slots that are given out anew; those of which nobody is left are dropped.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="slots">The slots of the new generation.</param>
    /// <param name="isTaken">Whether somebody sits in a slot.</param>
    public static SteeringPolicy With(SteeringPolicy policy, ImmutableArray<int> slots, Func<int, bool> isTaken)
    {
        foreach ((int position, GenerationBalancer by) in policy.ActionsBy<GenerationBalancer>().ToArray())
        {
            List<SlotItem> generations = [];
            foreach (SlotItem generation in by.Generations)
            {
                ImmutableArray<int> all = [.. policy.ResolveSlots(generation)];
                ImmutableArray<int> left = [.. all.Except(slots).Order()];
                if (left.Any(isTaken))
                {
                    generations.Add(left.Length == all.Length ? generation : Item(left));
                }
            }

            generations.Add(Item([.. slots.Order()]));
            policy = policy.WithBalancer(position, by with { Generations = generations.ToEquatableArray() });
        }

        return policy;

        SlotItem Item(ImmutableArray<int> wanted)
        {
            if (wanted[^1] - wanted[0] == wanted.Length - 1)
            {
                return SlotItem.Of(wanted[0], wanted[^1]);
            }

            // A generation is one item: slots that are no range need a name.
            EquatableArray<SlotItem> items = SlotItem.Ranges(wanted).ToEquatableArray();
            if (policy.Slots.Items.FirstOrDefault(named => named.Slots == items) is { } known)
            {
                return SlotItem.Of(known.Name);
            }

            int number = 1;
            string name;
            do
            {
                name = string.Create(CultureInfo.InvariantCulture, $"generation-{number++}");
            }
            while (policy.Slots.Items.Any(named => named.Name == name));
            policy = policy with { Slots = policy.Slots.Items.Add(new NamedSlots(name, items)).ToEquatableArray() };
            return SlotItem.Of(name);
        }
    }
}
