namespace ReuseportPS.Engine.Policies;

/// <summary>One u64 of the counters value.</summary>
/// <param name="Kind">What it counts.</param>
/// <param name="Name">Name shown.</param>
/// <param name="Index">Rule index, or null.</param>
public sealed record CounterField(CounterKind Kind, string Name, int? Index);
