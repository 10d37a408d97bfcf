using System.Collections.Immutable;

namespace ReuseportPS.Engine.Policies;

/// <summary>What happened while a packet was decided, beside what decided it and where it went: how often each of <see cref="Kinds"/>.</summary>
/// <param name="Counts">A byte for each kind.</param>
public readonly record struct PolicyEvents(UInt128 Counts)
{
    /// <summary>The kinds.</summary>
    public static ImmutableArray<CounterKind> Kinds { get; } =
    [
        CounterKind.NotSyn, CounterKind.StickyHit, CounterKind.StickyCreate, CounterKind.StickyRemove, CounterKind.IdKnown, CounterKind.IdNew, CounterKind.IdUnknown, CounterKind.LoadStale, CounterKind.Migrating, CounterKind.Sample,
    ];

    /// <summary>How often a kind of event happened.</summary>
    public int this[CounterKind kind] => (int)(uint)(Counts >> (8 * Kinds.IndexOf(kind)) & 0xff);

    /// <summary>The same and one more of a kind.</summary>
    public PolicyEvents With(CounterKind kind) => new(Counts + (UInt128.One << (8 * Kinds.IndexOf(kind))));
}
