namespace ReuseportPS.Engine.Policies;

/// <summary>One counter, summed over CPUs.</summary>
/// <param name="Kind">What it counts.</param>
/// <param name="Name">Name of the rule, number of the slot, or the kind.</param>
/// <param name="Index">Rule index or slot number; null for the others.</param>
/// <param name="Value">Packets (or attempts, for misses).</param>
public sealed record CounterReading(CounterKind Kind, string Name, int? Index, ulong Value);
