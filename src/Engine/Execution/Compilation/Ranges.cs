using System.Numerics;

namespace ReuseportPS.Engine.Execution.Compilation;

/// <summary>Arithmetic and comparisons of ranges of unsigned numbers.</summary>
internal static class Ranges
{
    /// <summary>The range of a result.</summary>
    /// <param name="operation">64-bit immediate of its four.</param>
    /// <param name="left">Range of the left operand.</param>
    /// <param name="right">Range of the right operand.</param>
    /// <param name="most">Largest number of the width.</param>
    public static Fact Compute(Operation operation, Fact left, Fact right, ulong most)
    {
        Fact anything = new(0, most);
        bool isNumber = right.Min == right.Max;
        int shift = (int)right.Min & (most == uint.MaxValue ? 31 : 63);
        switch (operation)
        {
            case Operation.AddImmediate64:
                return left.Max <= most - right.Max ? new Fact(left.Min + right.Min, left.Max + right.Max)
                    : isNumber && left.Min > most - right.Min ? new Fact((left.Min + right.Min) & most, (left.Max + right.Max) & most)
                    : anything;
            case Operation.SubtractImmediate64:
                return left.Min >= right.Max ? new Fact(left.Min - right.Max, left.Max - right.Min) : anything;
            case Operation.MultiplyImmediate64:
                return Math.BigMul(left.Max, right.Max, out ulong product) == 0 && product <= most ? new Fact(left.Min * right.Min, product) : anything;
            case Operation.DivideImmediate64:
                return isNumber && right.Min != 0 ? new Fact(left.Min / right.Min, left.Max / right.Min) : new Fact(0, left.Max);
            case Operation.ModuloImmediate64:
                return right.Min != 0 ? new Fact(0, Math.Min(left.Max, right.Max - 1)) : new Fact(0, left.Max);
            case Operation.AndImmediate64:
                return new Fact(0, Math.Min(left.Max, right.Max));
            case Operation.OrImmediate64:
                return new Fact(Math.Max(left.Min, right.Min), Ones(left.Max | right.Max));
            case Operation.XorImmediate64:
                return new Fact(0, Ones(left.Max | right.Max));
            case Operation.ShiftLeftImmediate64:
                return isNumber && left.Max <= most >> shift ? new Fact(left.Min << shift, left.Max << shift) : anything;
            case Operation.ShiftRightImmediate64:
                return isNumber ? new Fact(left.Min >> shift, left.Max >> shift) : new Fact(0, left.Max);
            case Operation.ArithmeticShiftRightImmediate64:
                return left.Max > most >> 1 ? anything : isNumber ? new Fact(left.Min >> shift, left.Max >> shift) : new Fact(0, left.Max);
            default:
                return anything;
        }
    }

    /// <summary>What a comparison that holds leaves of a range.</summary>
    /// <param name="fact">The range.</param>
    /// <param name="comparison">64-bit immediate of its four.</param>
    /// <param name="other">Range of the right side.</param>
    /// <param name="sign">Number of the sign's bit.</param>
    public static Fact Narrow(Fact fact, Operation comparison, Fact other, int sign)
    {
        ulong positive = (1UL << sign) - 1;
        (ulong min, ulong max) = (fact.Min, fact.Max);
        bool bothPositive = max <= positive && other.Max <= positive;
        switch (comparison)
        {
            case Operation.EqualImmediate64:
                (min, max) = (Math.Max(min, other.Min), Math.Min(max, other.Max));
                break;
            case Operation.NotEqualImmediate64 when other.Min == other.Max:
                (min, max) = (min == other.Min && min < max ? min + 1 : min, max == other.Min && min < max ? max - 1 : max);
                break;
            case Operation.GreaterThanImmediate64 when other.Min < ulong.MaxValue:
                min = Math.Max(min, other.Min + 1);
                break;
            case Operation.GreaterOrEqualImmediate64:
                min = Math.Max(min, other.Min);
                break;
            case Operation.SignedGreaterThanImmediate64 when other.Max <= positive && other.Min < positive:
                (min, max) = (Math.Max(min, other.Min + 1), Math.Min(max, positive));
                break;
            case Operation.SignedGreaterOrEqualImmediate64 when other.Max <= positive:
                (min, max) = (Math.Max(min, other.Min), Math.Min(max, positive));
                break;
            case Operation.LessThanImmediate64 when other.Max > 0:
                max = Math.Min(max, other.Max - 1);
                break;
            case Operation.SignedLessThanImmediate64 when bothPositive && other.Max > 0:
                max = Math.Min(max, other.Max - 1);
                break;
            case Operation.LessOrEqualImmediate64:
                max = Math.Min(max, other.Max);
                break;
            case Operation.SignedLessOrEqualImmediate64 when bothPositive:
                max = Math.Min(max, other.Max);
                break;
        }

        // A way that is never taken: nothing is wrong about what was known.
        return min <= max ? new Fact(min, max) : fact;
    }

    private static ulong Ones(ulong number) => number == 0 ? 0 : ulong.MaxValue >> BitOperations.LeadingZeroCount(number);
}
