namespace ReuseportPS.Engine.Execution.Compilation.Lanes;

/// <summary>Recognises a rotation of 32 bits: a number shifted to the left, or the same shifted to the right.</summary>
internal static class LaneRotation
{
    /// <summary>What is rotated, and by how many bits to the left; null when the value is no rotation.</summary>
    public static (Value Of, int By)? Find(Value value)
    {
        if (value is not { Kind: ValueKind.Arithmetic, Operation: Operation.OrImmediate64 } || !CodeGenerator.IsNarrow(value))
        {
            return null;
        }

        (Value left, Value right) = (value.Arguments[0].Root(), value.Arguments[1].Root());
        return Find(left, right) ?? Find(right, left);
    }

    private static (Value, int)? Find(Value left, Value right)
    {
        if (ShiftOf(left, Operation.ShiftLeftImmediate64) is not int up || ShiftOf(right, Operation.ShiftRightImmediate64) is not int down || up + down != 32
            || (!right.Is32 && !CodeGenerator.FitsHalf(right.Arguments[0])))
        {
            return null;
        }

        Value number = LowerHalf(left.Arguments[0]);
        return ReferenceEquals(LowerHalf(right.Arguments[0]), number) || ReferenceEquals(LowerHalf(WithoutMask(right.Arguments[0], down)), number) ? (number, up) : null;
    }

    private static int? ShiftOf(Value value, Operation operation) =>
        value.Kind == ValueKind.Arithmetic && value.Operation == operation && value.Arguments[1].Resolve() is { Kind: ValueKind.Constant, Constant: ulong by }
            && (by & (value.Is32 ? 31UL : 63UL)) is ulong shift and > 0 and < 32 ? (int)shift : null;

    // Without a mask that only takes away what the shift takes away.
    private static Value WithoutMask(Value value, int shift)
    {
        value = value.Root();
        return value is { Kind: ValueKind.Arithmetic, Operation: Operation.AndImmediate64 }
            && value.Arguments[1].Resolve() is { Kind: ValueKind.Constant, Constant: ulong mask } && (uint)mask >> shift == uint.MaxValue >> shift ? value.Arguments[0] : value;
    }

    private static Value LowerHalf(Value value)
    {
        value = value.Root();
        while (value is { Kind: ValueKind.Cut, Size: 4 })
        {
            value = value.Arguments[0].Root();
        }

        return value;
    }
}
