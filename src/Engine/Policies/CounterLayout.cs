using System.Collections.Immutable;

namespace ReuseportPS.Engine.Policies;

/// <summary>How the two counter maps of a compiled policy read.</summary>
/// <param name="Fields">The u64 fields of the value of key 0 in the counters map, in order: field i is at byte 8 * i.</param>
/// <param name="SlotCount">Entries of the slot counters map.</param>
public sealed record CounterLayout(ImmutableArray<CounterField> Fields, int SlotCount);
