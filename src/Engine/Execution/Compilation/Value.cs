namespace ReuseportPS.Engine.Execution.Compilation;

/// <summary>Something computed once (static single assignment), or, with an effect, done in its place.</summary>
internal sealed class Value(ValueKind kind, BasicBlock block)
{
    public ValueKind Kind { get; } = kind;

    public BasicBlock Block { get; } = block;

    public Value[] Arguments { get; set; } = [];

    /// <summary>The operation of the interpreter; for arithmetic the first of its four.</summary>
    public Operation Operation { get; init; }

    /// <summary>Arithmetic, negation, extension to 32 bits: the upper half of the result is 0.</summary>
    public bool Is32 { get; init; }

    /// <summary>Bytes accessed, swapped, cut to or extended from.</summary>
    public int Size { get; init; }

    /// <summary>Number, address, helper number, atomic operation.</summary>
    public ulong Constant { get; set; }

    /// <summary>Index of the instruction.</summary>
    public int At { get; init; }

    /// <summary>The value between this one and its argument, which the interpreter computes this one from.</summary>
    public Value? Between { get; init; }

    /// <summary>What the interpreter would need to go on from here; for what may leave the compiled form.</summary>
    public MachineState? State { get; set; }

    /// <summary>For a call in a program with callbacks: the same, after it.</summary>
    public MachineState? After { get; set; }

    /// <summary>Index of the map that a lookup or selection is in.</summary>
    public int Map { get; init; } = -1;

    /// <summary>The variable that a phi is for.</summary>
    public int Variable { get; init; }

    /// <summary>For <see cref="ValueKind.Refined"/>: the comparison that led here (64-bit immediate of its four), with the argument on the left.</summary>
    public Operation Comparison { get; init; }

    /// <summary>The value that this one turned out to be.</summary>
    public Value? Same { get; set; }

    // What analysis found out.
    public bool IsKnown { get; set; }

    /// <summary>Smallest unsigned number, when it is no pointer.</summary>
    public ulong Min { get; set; }

    /// <summary>Largest unsigned number, when it is no pointer.</summary>
    public ulong Max { get; set; } = ulong.MaxValue;

    /// <summary>What it points into; null for a number.</summary>
    public Place? Place { get; set; }

    public bool MayBeNull { get; set; }

    /// <summary>Smallest offset from the place's start, for a pointer.</summary>
    public long Low { get; set; }

    /// <summary>Largest offset from the place's start, for a pointer.</summary>
    public long High { get; set; }

    public int Visits { get; set; }

    // What code generation needs.

    /// <summary>Somebody follows the pointer, or compares it with null, and wants a reference to the row.</summary>
    public bool NeedsReference { get; set; }

    /// <summary>Somebody looks at bits above the lowest 32.</summary>
    public bool IsLookedAt { get; set; }

    /// <summary>Kept and computed as 64 bits: somebody looks at the upper half, and it may be other than 0.</summary>
    public bool IsWide { get; set; }

    /// <summary>The one load that the number is read by, in code for one run at a time.</summary>
    public CombinedLoad? Combined { get; set; }

    /// <summary>A load that is part of another.</summary>
    public bool IsCombined { get; set; }

    /// <summary>A narrow phi that is a row or a slot: its local has 64 bits, so that it is extended where the ways come from and not where it is used.</summary>
    public bool IsIndex { get; set; }

    public int Uses { get; set; }

    public bool NeedsLocal { get; set; }

    public bool IsNeeded { get; set; }

    /// <summary>How an access is made.</summary>
    public AccessMode Mode { get; set; }

    public bool IsPure => Kind is >= ValueKind.Refined and <= ValueKind.Cut;

    public bool IsFixed => Kind is ValueKind.Constant or ValueKind.Address;

    public Value Resolve()
    {
        Value value = this;
        while (value.Same is Value same)
        {
            value = same;
        }

        return value;
    }

    /// <summary>Itself without what comparisons told.</summary>
    public Value Root()
    {
        Value value = Resolve();
        while (value.Kind == ValueKind.Refined)
        {
            value = value.Arguments[0].Resolve();
        }

        return value;
    }
}
