using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Engine.Backends.Snapshots;

/// <summary>A flow that a flow table knew.</summary>
/// <param name="Rule">Name of the sticky rule, or <c>otherwise</c>.</param>
/// <param name="Flow">The flow.</param>
/// <param name="Slot">The slot that it was kept for.</param>
/// <param name="Generation">Whose turn in the seat it was.</param>
/// <param name="Age">Nanoseconds since its last packet that the table took note of.</param>
public sealed record SnapshotStickyFlow(string Rule, FlowKey Flow, int Slot, uint Generation, ulong Age)
{
    /// <summary>Flows in the order of a snapshot, which is the same wherever they come from.</summary>
    public static IEnumerable<SnapshotStickyFlow> InOrder(IEnumerable<SnapshotStickyFlow> flows) =>
        flows.OrderBy(flow => flow.Rule, StringComparer.Ordinal).ThenBy(flow => flow.Flow.ToString(), StringComparer.Ordinal);
}
