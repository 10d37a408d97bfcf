namespace ReuseportPS.Engine.Policies;

/// <summary>How the ids of a slot begin.</summary>
/// <param name="Prefix">The bytes.</param>
/// <param name="Slot">A number, or a name of one slot.</param>
public readonly record struct IdPrefix(ByteString Prefix, SlotItem Slot);
