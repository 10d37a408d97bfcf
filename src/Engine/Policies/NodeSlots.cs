namespace ReuseportPS.Engine.Policies;

/// <summary>The slots of a NUMA node.</summary>
/// <param name="Node">The node.</param>
/// <param name="Slots">Its slots.</param>
public sealed record NodeSlots(int Node, EquatableArray<SlotItem> Slots);
