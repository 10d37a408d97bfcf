using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Model;

/// <summary>One counter of a group's policy.</summary>
/// <param name="Group">Name of the group.</param>
/// <param name="Backend">Where the group lives.</param>
/// <param name="Kind">What it counts.</param>
/// <param name="Name">Rule, slot or kind.</param>
/// <param name="Index">Rule index or slot number; null for the others.</param>
/// <param name="Value">Packets since the program was attached, or attempts for misses.</param>
/// <param name="Share">Part of all packets decided, 0 to 1; null for misses and without packets.</param>
public sealed record SteeringCounter(
    string Group, BackendKind Backend, CounterKind Kind, string Name, int? Index, ulong Value, double? Share)
{
    /// <summary>By how much it grew each second since it was read before: of -Watch only, from the second reading on, and never of the epoch.</summary>
    public double? Rate { get; init; }
}
