using System.Numerics;

namespace ReuseportPS.Engine.Execution.Compilation;

/// <summary>
/// Takes out operations that analysis has shown to change nothing: masks that a number fits, masks of bits that are then shifted out, and cuts of numbers that
/// are short already.
/// </summary>
internal static class Simplification
{
    public static void Run(ValueBlock[] blocks)
    {
        foreach (Value value in blocks.SelectMany(block => block.Values))
        {
            DropMaskBeforeShift(value);
            ulong? mask = value is { Kind: ValueKind.Cut, Between: null } ? (1UL << (value.Size * 8)) - 1 : MaskOf(value);
            if (mask is ulong ones && (ones & (ones + 1)) == 0 && ValueAnalysis.Of(value.Arguments[0]) is { Place: null } fact && fact.Max <= ones)
            {
                value.Same = value.Arguments[0].Resolve();
            }
        }

        foreach (ValueBlock block in blocks)
        {
            DropBitsSetOnBothSides(block);
        }
    }

    // (x & a) | b == c, where c has all bits of b and a has none: x & a == c without b.
    private static void DropBitsSetOnBothSides(ValueBlock block)
    {
        if (block.Comparison is Operation.EqualImmediate64 or Operation.NotEqualImmediate64
            && block.Right?.Root() is { Kind: ValueKind.Constant, Constant: ulong right }
            && block.Left?.Root() is { Kind: ValueKind.Arithmetic, Operation: Operation.OrImmediate64 } or
            && or.Arguments[1].Resolve() is { Kind: ValueKind.Constant, Constant: ulong set } && MaskOf(or.Arguments[0].Root()) is ulong mask
            && (mask & set) == 0 && (right & set) == set && (mask | set | right) <= int.MaxValue)
        {
            block.Left = or.Arguments[0];
            block.Right = new Value(ValueKind.Constant, block.Block) { Constant = right & ~set };
        }
    }

    private static void DropMaskBeforeShift(Value shift)
    {
        if (shift is { Kind: ValueKind.Arithmetic, Operation: Operation.ShiftRightImmediate64 } && shift.Arguments[1].Resolve() is { Kind: ValueKind.Constant, Constant: ulong by }
            && MaskOf(shift.Arguments[0].Root()) is ulong mask && ValueAnalysis.Of(shift.Arguments[0].Root().Arguments[0]) is { Place: null } fact)
        {
            ulong possible = fact.Max == 0 ? 0 : ulong.MaxValue >> BitOperations.LeadingZeroCount(fact.Max);
            if ((possible & ~mask) >> ((int)by & (shift.Is32 ? 31 : 63)) == 0 && (!shift.Is32 || fact.Max <= uint.MaxValue))
            {
                shift.Arguments = [shift.Arguments[0].Root().Arguments[0], shift.Arguments[1]];
            }
        }
    }

    private static ulong? MaskOf(Value value) =>
        value is { Kind: ValueKind.Arithmetic, Operation: Operation.AndImmediate64 } && value.Arguments[1].Resolve() is { Kind: ValueKind.Constant, Constant: ulong number }
            ? value.Is32 ? (uint)number : number
            : null;
}
