namespace ReuseportPS.Engine.Execution.Compilation;

/// <summary>Finds for every value the numbers it may be, or the memory it points into: an abstract interpretation to a fixpoint.</summary>
internal static class ValueAnalysis
{
    /// <summary>Offsets beyond are as good as any.</summary>
    public const long Unbounded = 1L << 40;

    private const int VisitsBeforeWidening = 3;
    private const int VisitsBeforeSurrender = 12;

    public static void Run(ValueBlock[] blocks, Specialization specialization, Place packet)
    {
        bool changed;
        do
        {
            changed = false;
            foreach (ValueBlock block in blocks)
            {
                foreach (Value phi in block.Phis)
                {
                    changed |= VisitPhi(phi);
                }

                foreach (Value value in block.Values)
                {
                    Fact fact = Compute(value, specialization, packet);
                    if (!value.IsKnown || fact != Of(value))
                    {
                        Assign(value, fact);
                        changed = true;
                    }
                }
            }
        }
        while (changed);
    }

    /// <summary>What is known of a value.</summary>
    public static Fact Of(Value value)
    {
        value = value.Resolve();
        return value.Kind switch
        {
            ValueKind.Constant => new Fact(value.Constant, value.Constant),
            ValueKind.Address => new Fact(value.Place!, (long)(value.Constant - value.Place!.Start), (long)(value.Constant - value.Place.Start)).Bounded(),
            ValueKind.Argument => Fact.Anything,
            _ => value.Place is null ? new Fact(value.Min, value.Max) : new Fact(value.Place, value.Low, value.High, value.MayBeNull),
        };
    }

    private static void Assign(Value value, Fact fact)
    {
        value.IsKnown = true;
        value.Visits++;
        value.Place = fact.Place;
        value.MayBeNull = fact.MayBeNull;
        (value.Low, value.High, value.Min, value.Max) = (fact.Low, fact.High, fact.Min, fact.Max);
    }

    private static bool IsKnown(Value value) => value.Kind is ValueKind.Constant or ValueKind.Address or ValueKind.Argument || value.IsKnown;

    private static bool VisitPhi(Value phi)
    {
        Fact? joined = phi.IsKnown ? Of(phi) : null;
        foreach (Value argument in phi.Arguments)
        {
            Value value = argument.Resolve();
            if (IsKnown(value))
            {
                joined = joined is Fact fact ? fact.Join(Of(value)) : Of(value);
            }
        }

        if (joined is not Fact now || (phi.IsKnown && now == Of(phi)))
        {
            return false;
        }

        if (phi.IsKnown && phi.Visits >= VisitsBeforeWidening)
        {
            now = phi.Visits >= VisitsBeforeSurrender ? Fact.Anything : now.Widened(Of(phi));
        }

        Assign(phi, now);
        return true;
    }

    private static Fact Compute(Value value, Specialization specialization, Place packet)
    {
        switch (value.Kind)
        {
            case ValueKind.Refined:
                return Refine(value);
            case ValueKind.Arithmetic:
                Fact left = Of(value.Arguments[0]);
                Fact right = Of(value.Arguments[1]);
                return left.Place is not null || right.Place is not null
                    ? PointerArithmetic(value, left, right)
                    : value.Is32 ? Ranges.Compute(value.Operation, left.Low32(), right.Low32(), uint.MaxValue) : Ranges.Compute(value.Operation, left, right, ulong.MaxValue);
            case ValueKind.Cut:
                Fact cut = Of(value.Arguments[0]);
                ulong mask = (1UL << (value.Size * 8)) - 1;
                return cut.Place is null && cut.Max <= mask ? cut : new Fact(0, mask);
            case ValueKind.SignExtend:
                Fact extended = Of(value.Arguments[0]);
                return extended.Place is null && extended.Max < 1UL << (value.Size * 8 - 1) ? extended : Fact.OfBits(value.Is32 ? 32 : 64);
            case ValueKind.Swap:
                return Fact.OfBits(value.Size * 8);
            case ValueKind.Negate:
                return Fact.OfBits(value.Is32 ? 32 : 64);
            case ValueKind.Load:
                return PacketPointer(value, specialization, packet) ?? Fact.OfBits(value.Operation >= Operation.LoadSigned8 ? 64 : value.Size * 8);
            case ValueKind.Atomic:
                return Fact.OfBits(value.Size * 8);
            case ValueKind.Lookup:
                return new Fact(value.Place!, 0, 0, mayBeNull: true);
            case ValueKind.Cpu:
                return Fact.OfBits(32);
            default:
                return Fact.Anything;
        }
    }

    private static Fact? PacketPointer(Value load, Specialization specialization, Place packet)
    {
        Fact address = Of(load.Arguments[0]);
        return load.Size != 8 || address.Place?.Kind != PlaceKind.Context || address.Low != address.High ? null
            : address.Low == specialization.Layout.PacketStart ? new Fact(packet, 0, 0)
            : address.Low == specialization.Layout.PacketEnd ? new Fact(packet, 0, int.MaxValue)
            : null;
    }

    private static Fact PointerArithmetic(Value value, Fact left, Fact right)
    {
        if (value.Is32 || left.MayBeNull || right.MayBeNull)
        {
            return Fact.OfBits(value.Is32 ? 32 : 64);
        }

        if (value.Operation == Operation.AddImmediate64)
        {
            if (right.Place is not null)
            {
                (left, right) = (right, left);
            }

            if (right.Place is null)
            {
                (long low, long high) = right.Signed();
                return new Fact(left.Place!, left.Low + low, left.High + high).Bounded();
            }
        }
        else if (value.Operation == Operation.SubtractImmediate64 && left.Place is not null)
        {
            if (right.Place is null)
            {
                (long low, long high) = right.Signed();
                return new Fact(left.Place, left.Low - high, left.High - low).Bounded();
            }

            if (ReferenceEquals(left.Place, right.Place) && left.Place.Kind != PlaceKind.Row && left.Low - right.High >= 0)
            {
                return new Fact((ulong)(left.Low - right.High), (ulong)(left.High - right.Low));
            }
        }

        return Fact.Anything;
    }

    private static Fact Refine(Value value)
    {
        Fact fact = Of(value.Arguments[0]);
        Fact other = Of(value.Arguments[1]);
        if (other.Place is not null)
        {
            return fact;
        }

        if (fact.Place is not null)
        {
            return !fact.MayBeNull || value.Is32 || other.Max != 0 ? fact
                : value.Comparison == Operation.EqualImmediate64 ? new Fact(0, 0)
                : value.Comparison is Operation.NotEqualImmediate64 or Operation.GreaterThanImmediate64 ? fact with { MayBeNull = false }
                : fact;
        }

        return value.Is32 && (fact.Max > uint.MaxValue || other.Max > uint.MaxValue) ? fact : Ranges.Narrow(fact, value.Comparison, other, value.Is32 ? 31 : 63);
    }
}
