namespace ReuseportPS.Engine.Backends.Groups;

/// <summary>One thing about one slot that is, or would be, different.</summary>
/// <param name="Slot">Its number.</param>
/// <param name="What">Weight, State, Load, Generation, or the kernel group of a seat.</param>
/// <param name="Before">What it was; null for nothing.</param>
/// <param name="After">What it is; null for nothing.</param>
public sealed record SlotDelta(int Slot, string What, string? Before, string? After)
{
    /// <inheritdoc/>
    public override string ToString() => $"slot {Slot}: {What} {Before ?? "none"} -> {After ?? "none"}";
}
