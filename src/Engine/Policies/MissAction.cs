namespace ReuseportPS.Engine.Policies;

/// <summary><c>on-miss:</c>: what happens when the seat of the chosen slot is empty or refused.</summary>
/// <param name="Kind">What.</param>
/// <param name="Slot">The slot of <see cref="MissKind.Slot"/>: a number, or a name of one slot.</param>
public sealed record MissAction(MissKind Kind, SlotItem Slot = default)
{
    /// <summary><c>on-miss: next</c>, the default.</summary>
    public static MissAction Next { get; } = new(MissKind.Next);
}
