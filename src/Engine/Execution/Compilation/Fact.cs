namespace ReuseportPS.Engine.Execution.Compilation;

/// <summary>What is known of a value: a number from Min to Max, or a pointer from Low to High bytes into a place (or, perhaps, 0).</summary>
internal readonly record struct Fact
{
    public static readonly Fact Anything = new(0, ulong.MaxValue);

    public Fact(ulong min, ulong max) => (Min, Max) = (min, max);

    public Fact(Place place, long low, long high, bool mayBeNull = false)
    {
        (Place, Low, High, MayBeNull) = (place, low, high, mayBeNull);
        Max = ulong.MaxValue;
    }

    public ulong Min { get; init; }

    public ulong Max { get; init; }

    public Place? Place { get; init; }

    public long Low { get; init; }

    public long High { get; init; }

    public bool MayBeNull { get; init; }

    public static Fact OfBits(int bits) => new(0, bits == 64 ? ulong.MaxValue : (1UL << bits) - 1);

    public Fact Low32() => Place is null && Max <= uint.MaxValue ? this : new Fact(0, uint.MaxValue);

    public Fact Bounded() => this with { Low = Math.Max(Low, -ValueAnalysis.Unbounded), High = Math.Min(High, ValueAnalysis.Unbounded) };

    /// <summary>As a signed number within the bounds of offsets.</summary>
    public (long Low, long High) Signed() =>
        Max <= (ulong)ValueAnalysis.Unbounded || Min >= unchecked((ulong)-ValueAnalysis.Unbounded) ? ((long)Min, (long)Max) : (-ValueAnalysis.Unbounded, ValueAnalysis.Unbounded);

    public Fact Join(Fact other)
    {
        if (Place is null && other.Place is null)
        {
            return new Fact(Math.Min(Min, other.Min), Math.Max(Max, other.Max));
        }

        if (ReferenceEquals(Place, other.Place))
        {
            return new Fact(Place!, Math.Min(Low, other.Low), Math.Max(High, other.High), MayBeNull | other.MayBeNull);
        }

        // The null of a lookup's other way.
        return Place is { Kind: PlaceKind.Row } && Low == 0 && High == 0 && other.Place is null && other.Max == 0 ? this with { MayBeNull = true }
            : other.Place is { Kind: PlaceKind.Row } && other.Low == 0 && other.High == 0 && Place is null && Max == 0 ? other with { MayBeNull = true }
            : Anything;
    }

    public Fact Widened(Fact before) => Place is not null
        ? this with
        {
            Low = Low < before.Low ? -ValueAnalysis.Unbounded : Low,
            High = High > before.High ? ValueAnalysis.Unbounded : High,
        }
        : new Fact(Min < before.Min ? 0 : Min, Max <= before.Max ? Max : Max <= uint.MaxValue ? uint.MaxValue : ulong.MaxValue);
}
