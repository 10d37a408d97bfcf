using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Engine.Backends;

/// <summary>The load of a slot as it was last told.</summary>
/// <param name="Slot">The slot.</param>
/// <param name="Load">The load.</param>
/// <param name="Age">How old it is, in nanoseconds, to a millisecond or so.</param>
public sealed record RememberedLoad(int Slot, uint Load, ulong Age)
{
    /// <summary>The word of <see cref="SlotLoad"/> on a host whose CLOCK_MONOTONIC says <paramref name="now"/>.</summary>
    public ulong At(ulong now) => SlotLoad.Pack(Load, unchecked(now - Age));
}
