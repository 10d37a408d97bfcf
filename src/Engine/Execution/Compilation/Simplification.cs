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
