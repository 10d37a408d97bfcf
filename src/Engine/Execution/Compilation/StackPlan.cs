namespace ReuseportPS.Engine.Execution.Compilation;

/// <summary>Which stack slots are variables instead of memory, and what must be cleared at entry.</summary>
internal sealed class StackPlan(IReadOnlyDictionary<(int Function, int At), InlineCall> inlined)
{
    public static StackPlan None { get; } = new(new Dictionary<(int, int), InlineCall>());

    public List<StackSlot> Slots { get; } = [];

    /// <summary>The slot that an access is to.</summary>
    public Dictionary<(int Function, int At), int> SlotOf { get; } = [];

    /// <summary>Helper calls that are done in line.</summary>
    public IReadOnlyDictionary<(int Function, int At), InlineCall> Inlined { get; } = inlined;

    /// <summary>By function: bytes of the frame that may be read before they are written, from the first to after the last; or nothing.</summary>
    public Dictionary<int, (int First, int Last)> Cleared { get; } = [];
}
