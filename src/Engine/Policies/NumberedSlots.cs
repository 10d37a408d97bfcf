namespace ReuseportPS.Engine.Policies;

/// <summary>The slots of a number: of a NUMA node, of a generation.</summary>
/// <param name="Number">The number.</param>
/// <param name="Slots">Its slots.</param>
public sealed record NumberedSlots(int Number, EquatableArray<SlotItem> Slots);
