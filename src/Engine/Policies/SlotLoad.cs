namespace ReuseportPS.Engine.Policies;

/// <summary>
/// The load of a slot and when it was told, in one 64-bit word, so that no program sees half of a change: the load in the lower half, in the upper one
/// CLOCK_MONOTONIC in units of 2^20 ns, which begins anew after 52 days. 0 stands for a load that was never told.
/// </summary>
public static class SlotLoad
{
    /// <summary>log2 of the nanoseconds of one unit of time.</summary>
    public const int TimeShift = 20;

    /// <summary>The word.</summary>
    /// <param name="load">The load; any unit, as long as all slots have the same.</param>
    /// <param name="monotonicNanoseconds">CLOCK_MONOTONIC.</param>
    public static ulong Pack(uint load, ulong monotonicNanoseconds) => (ulong)UnitsOf(monotonicNanoseconds) << 32 | load;

    /// <summary>How long ago a load was told, to a millisecond or so.</summary>
    public static TimeSpan Age(ulong word, ulong monotonicNanoseconds) =>
        TimeSpan.FromTicks((long)(AgeInNanoseconds(word, monotonicNanoseconds) / TimeSpan.NanosecondsPerTick));

    /// <summary>The same in nanoseconds: whole units of time.</summary>
    internal static ulong AgeInNanoseconds(ulong word, ulong monotonicNanoseconds) => (ulong)(UnitsOf(monotonicNanoseconds) - (uint)(word >> 32)) << TimeShift;

    /// <summary>A time in the units of a word.</summary>
    internal static uint UnitsOf(ulong monotonicNanoseconds) => (uint)(monotonicNanoseconds >> TimeShift);

    /// <summary>Whether a load can be used.</summary>
    internal static bool IsFresh(ulong word, uint now, uint stale) => word != 0 && now - (uint)(word >> 32) <= stale;
}
