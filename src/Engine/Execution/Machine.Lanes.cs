using System.Runtime.InteropServices;
using ReuseportPS.Engine.Execution.Compilation;
using ReuseportPS.Engine.Execution.Compilation.Lanes;

namespace ReuseportPS.Engine.Execution;

/// <summary>This part is about batches in lanes.</summary>
public sealed partial class Machine
{
    // What generated code for lanes leaves to the other: fewer items than lanes, a short context, a budget that may end on the way, a host that wants to hear of
    // each item, results that would change the contexts.
    private bool CanUseLanes(LanePlan plan, ContextBatch batch, Span<ulong> results) =>
        batch.Count >= plan.Lanes && batch.Length >= plan.ContextLength && _budget >= plan.LeastBudget && batch.BeforeItem is null
        && !MemoryMarshal.AsBytes(results).Overlaps(batch.Contexts);

    // Called by generated code: whether a slot may refuse. A table that is long, for so few items, is looked up instead.
    internal bool HasSlotErrors(int map)
    {
        int[] errors = _maps[map]!.SlotErrors!;
        return errors.Length > 8 * (long)_batch!.Count || errors.AsSpan().ContainsAnyExcept(0);
    }
}
