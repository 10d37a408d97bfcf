namespace ReuseportPS.Engine.Policies;

/// <summary><c>sticky:</c> a flow stays where it first went, as long as the table remembers it.</summary>
/// <param name="Entries">Flows that the table remembers; the ones that were used longest ago go first.</param>
/// <param name="Idle">After so long without a packet a flow is forgotten.</param>
public sealed record StickyFlows(int Entries, TimeSpan Idle)
{
    /// <summary>Most entries.</summary>
    public const int MostEntries = 4_194_304;

    /// <summary>The longest idle time.</summary>
    public static TimeSpan LongestIdle { get; } = TimeSpan.FromDays(30);

    /// <summary>The idle time in nanoseconds, as the program compares it.</summary>
    internal ulong IdleNanoseconds => (ulong)Idle.Ticks * 100;

    /// <summary>An entry's time is written again when it is older than this: an eighth of the idle time.</summary>
    internal ulong RefreshNanoseconds => IdleNanoseconds / 8;
}
