namespace ReuseportPS.Engine.Policies;

/// <summary>A name for slots.</summary>
/// <param name="Name">Name, unique in the policy.</param>
/// <param name="Slots">Numbers and ranges; a name does not refer to another.</param>
public sealed record NamedSlots(string Name, EquatableArray<SlotItem> Slots);
