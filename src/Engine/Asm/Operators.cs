using System.Collections.Immutable;
using ReuseportPS.Engine.Isa;

namespace ReuseportPS.Engine.Asm;

/// <summary>How operations are written: one table for reading and writing.</summary>
internal static class Operators
{
    /// <summary>Arithmetic: <c>r1 += r2</c>.</summary>
    public static ImmutableArray<(string Text, AluOperation Operation, bool IsSigned)> Alu { get; } =
    [
        ("=", AluOperation.Move, false), ("+=", AluOperation.Add, false), ("-=", AluOperation.Subtract, false), ("*=", AluOperation.Multiply, false),
        ("/=", AluOperation.Divide, false), ("%=", AluOperation.Modulo, false), ("s/=", AluOperation.Divide, true), ("s%=", AluOperation.Modulo, true),
        ("|=", AluOperation.Or, false), ("&=", AluOperation.And, false), ("^=", AluOperation.Xor, false),
        ("<<=", AluOperation.ShiftLeft, false), (">>=", AluOperation.ShiftRight, false), ("s>>=", AluOperation.ArithmeticShiftRight, false),
    ];

    /// <summary>Comparisons: <c>if r1 == r2 goto out</c>.</summary>
    public static ImmutableArray<(string Text, JumpOperation Operation)> Comparisons { get; } =
    [
        ("==", JumpOperation.Equal), ("!=", JumpOperation.NotEqual), ("&", JumpOperation.BitsSet),
        (">", JumpOperation.GreaterThan), (">=", JumpOperation.GreaterOrEqual), ("<", JumpOperation.LessThan), ("<=", JumpOperation.LessOrEqual),
        ("s>", JumpOperation.SignedGreaterThan), ("s>=", JumpOperation.SignedGreaterOrEqual),
        ("s<", JumpOperation.SignedLessThan), ("s<=", JumpOperation.SignedLessOrEqual),
    ];

    /// <summary>Atomic operations without a result: <c>lock *(u64 *)(r1 + 0) += r2</c>.</summary>
    public static ImmutableArray<(string Text, AtomicOperation Operation)> Locked { get; } =
        [("+=", AtomicOperation.Add), ("|=", AtomicOperation.Or), ("&=", AtomicOperation.And), ("^=", AtomicOperation.Xor)];

    /// <summary>Atomic operations with a result: <c>r2 = atomic_fetch_add((u64 *)(r1 + 0), r2)</c>.</summary>
    public static ImmutableArray<(string Text, AtomicOperation Operation)> Fetches { get; } =
        [("fetch_add", AtomicOperation.FetchAdd), ("fetch_or", AtomicOperation.FetchOr), ("fetch_and", AtomicOperation.FetchAnd), ("fetch_xor", AtomicOperation.FetchXor)];

    public static string TextOf(AluOperation operation, bool isSigned) => Alu.First(x => x.Operation == operation && x.IsSigned == isSigned).Text;

    public static string TextOf(JumpOperation operation) => Comparisons.First(x => x.Operation == operation).Text;
}
