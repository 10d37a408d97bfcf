using System.Buffers.Binary;

namespace ReuseportPS.Engine.Execution.Compilation;

/// <summary>What operations make of numbers, and of comparisons.</summary>
internal static class Arithmetics
{
    public static ulong Compute(Operation operation, bool is32, ulong left, ulong right) =>
        is32 ? Compute32(operation, (uint)left, (uint)right) : Compute64(operation, left, right);

    public static ulong Swap(ulong number, int size) => size switch
    {
        2 => BinaryPrimitives.ReverseEndianness((ushort)number),
        4 => BinaryPrimitives.ReverseEndianness((uint)number),
        _ => BinaryPrimitives.ReverseEndianness(number),
    };

    private static ulong Compute64(Operation operation, ulong left, ulong right) => operation switch
    {
        Operation.AddImmediate64 => left + right,
        Operation.SubtractImmediate64 => left - right,
        Operation.MultiplyImmediate64 => left * right,
        Operation.DivideImmediate64 => Machine.Divide(left, right),
        Operation.SignedDivideImmediate64 => Machine.SignedDivide(left, right),
        Operation.OrImmediate64 => left | right,
        Operation.AndImmediate64 => left & right,
        Operation.ShiftLeftImmediate64 => left << (int)right,
        Operation.ShiftRightImmediate64 => left >> (int)right,
        Operation.ArithmeticShiftRightImmediate64 => (ulong)((long)left >> (int)right),
        Operation.ModuloImmediate64 => Machine.Modulo(left, right),
        Operation.SignedModuloImmediate64 => Machine.SignedModulo(left, right),
        _ => left ^ right,
    };

    private static uint Compute32(Operation operation, uint left, uint right) => operation switch
    {
        Operation.AddImmediate64 => left + right,
        Operation.SubtractImmediate64 => left - right,
        Operation.MultiplyImmediate64 => left * right,
        Operation.DivideImmediate64 => Machine.Divide(left, right),
        Operation.SignedDivideImmediate64 => Machine.SignedDivide(left, right),
        Operation.OrImmediate64 => left | right,
        Operation.AndImmediate64 => left & right,
        Operation.ShiftLeftImmediate64 => left << (int)right,
        Operation.ShiftRightImmediate64 => left >> (int)right,
        Operation.ArithmeticShiftRightImmediate64 => (uint)((int)left >> (int)right),
        Operation.ModuloImmediate64 => Machine.Modulo(left, right),
        Operation.SignedModuloImmediate64 => Machine.SignedModulo(left, right),
        _ => left ^ right,
    };

    extension(Operation comparison)
    {
        /// <summary>The comparison that holds when this one does not; BitsSet has none, and stands for itself.</summary>
        public Operation Negated => comparison switch
        {
            Operation.EqualImmediate64 => Operation.NotEqualImmediate64,
            Operation.NotEqualImmediate64 => Operation.EqualImmediate64,
            Operation.GreaterThanImmediate64 => Operation.LessOrEqualImmediate64,
            Operation.GreaterOrEqualImmediate64 => Operation.LessThanImmediate64,
            Operation.LessThanImmediate64 => Operation.GreaterOrEqualImmediate64,
            Operation.LessOrEqualImmediate64 => Operation.GreaterThanImmediate64,
            Operation.SignedGreaterThanImmediate64 => Operation.SignedLessOrEqualImmediate64,
            Operation.SignedGreaterOrEqualImmediate64 => Operation.SignedLessThanImmediate64,
            Operation.SignedLessThanImmediate64 => Operation.SignedGreaterOrEqualImmediate64,
            Operation.SignedLessOrEqualImmediate64 => Operation.SignedGreaterThanImmediate64,
            _ => comparison,
        };

        /// <summary>The comparison with its sides exchanged.</summary>
        public Operation Mirrored => comparison switch
        {
            Operation.GreaterThanImmediate64 => Operation.LessThanImmediate64,
            Operation.GreaterOrEqualImmediate64 => Operation.LessOrEqualImmediate64,
            Operation.LessThanImmediate64 => Operation.GreaterThanImmediate64,
            Operation.LessOrEqualImmediate64 => Operation.GreaterOrEqualImmediate64,
            Operation.SignedGreaterThanImmediate64 => Operation.SignedLessThanImmediate64,
            Operation.SignedGreaterOrEqualImmediate64 => Operation.SignedLessOrEqualImmediate64,
            Operation.SignedLessThanImmediate64 => Operation.SignedGreaterThanImmediate64,
            Operation.SignedLessOrEqualImmediate64 => Operation.SignedGreaterOrEqualImmediate64,
            _ => comparison,
        };
    }
}
