namespace ReuseportPS.Engine.Policies;

/// <summary>What becomes of the flow table of an action when a policy takes the place of another.</summary>
/// <param name="Rule">Name of the rule, or <c>otherwise</c>.</param>
/// <param name="IsKept">Whether the flows that it knows stay known.</param>
/// <param name="Reason">Why not; null when they do.</param>
public sealed record FlowTable(string Rule, bool IsKept, string? Reason)
{
    /// <summary>Its number among the new policy's tables; -1 when the new policy has none for it.</summary>
    internal int Number { get; init; } = -1;

    /// <summary>Its number among the former policy's tables; -1 when that had none.</summary>
    internal int FormerNumber { get; init; } = -1;

    /// <inheritdoc/>
    public override string ToString() => IsKept ? $"The flows of '{Rule}' are kept." : $"The flows of '{Rule}' are forgotten: {Reason}.";

    /// <summary>
    /// The tables of two policies side by side. A rule is the same rule when it has the same name; without a name, when it has the same conditions. Tables that only
    /// the new policy has are left out: there is nothing to keep.
    /// </summary>
    /// <param name="former">The policy that is replaced.</param>
    /// <param name="next">The one in its place.</param>
    public static IEnumerable<FlowTable> Match(SteeringPolicy former, SteeringPolicy next)
    {
        (int Position, StickyFlows Sticky)[] before = [.. former.StickyActions()];
        (int Position, StickyFlows Sticky)[] after = [.. next.StickyActions()];
        for (int number = 0; number < before.Length; number++)
        {
            (int position, StickyFlows sticky) = before[number];
            string name = former.ActionName(position);
            int there = Find(former, position, next);
            int its = Array.FindIndex(after, table => table.Position == there);
            string? reason = there < 0 ? "the policy has no such rule any more"
                : its < 0 ? "the rule is not sticky any more"
                : after[its].Sticky.Entries != sticky.Entries ? $"its table has room for {after[its].Sticky.Entries} flows instead of {sticky.Entries}"
                : null;
            yield return new FlowTable(name, reason is null, reason) { FormerNumber = number, Number = its };
        }
    }

    private static int Find(SteeringPolicy former, int position, SteeringPolicy next)
    {
        if (position == former.Rules.Count)
        {
            return next.Rules.Count;
        }

        PolicyRule rule = former.Rules[position];
        return next.Rules.Items.ToList().FindIndex(other => rule.Name is null ? other.Name is null && other.When == rule.When : other.Name == rule.Name);
    }
}
