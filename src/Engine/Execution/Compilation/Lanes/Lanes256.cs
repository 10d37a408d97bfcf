using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ReuseportPS.Engine.Execution.Compilation.Lanes;

/// <summary>What <see cref="Lanes512"/> has, with 8 lanes and AVX2.</summary>
internal static class Lanes256
{
    public const int Count = 8;

    private const uint Sign = 0x80000000;

    public static bool IsSupported => Vector256.IsHardwareAccelerated && Avx2.IsSupported;

    /// <summary>Loads four words in succession from each of 8 places at equal distances.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load(ref byte first, nint stride, out Vector256<uint> word0, out Vector256<uint> word1, out Vector256<uint> word2, out Vector256<uint> word3)
    {
        Vector256<uint> a = Halves(ref first, stride);
        Vector256<uint> b = Halves(ref Unsafe.Add(ref first, stride), stride);
        Vector256<uint> c = Halves(ref Unsafe.Add(ref first, 2 * stride), stride);
        Vector256<uint> d = Halves(ref Unsafe.Add(ref first, 3 * stride), stride);
        Transpose(a, b, c, d, out word0, out word1, out word2, out word3);
    }

    /// <summary>Loads four words in succession from each of as many places as there are lanes, at their offsets from the first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadRows(ref byte first, Vector256<uint> offsets, out Vector256<uint> word0, out Vector256<uint> word1, out Vector256<uint> word2, out Vector256<uint> word3)
    {
        ref uint offset = ref Unsafe.As<Vector256<uint>, uint>(ref offsets);
        Vector256<uint> a = Halves(ref first, ref offset);
        Vector256<uint> b = Halves(ref first, ref Unsafe.Add(ref offset, 1));
        Vector256<uint> c = Halves(ref first, ref Unsafe.Add(ref offset, 2));
        Vector256<uint> d = Halves(ref first, ref Unsafe.Add(ref offset, 3));
        Transpose(a, b, c, d, out word0, out word1, out word2, out word3);
    }

    /// <summary>Loads a double word from each of as many places as there are lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadDoubles(ref byte first, Vector256<uint> offsets, out Vector256<ulong> lower, out Vector256<ulong> upper)
    {
        ref uint offset = ref Unsafe.As<Vector256<uint>, uint>(ref offsets);
        lower = Four(ref first, ref offset);
        upper = Four(ref first, ref Unsafe.Add(ref offset, 4));
    }

    /// <summary>The 16 bytes at the offset of a lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<uint> At(ref byte first, ref uint offset, int lane) => Vector128.LoadUnsafe(ref Unsafe.Add(ref first, Unsafe.Add(ref offset, lane))).AsUInt32();

    /// <summary>The double words at the offsets of four lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> Four(ref byte first, ref uint offset)
    {
        Vector128<ulong> lower = Vector128.Create(Double(ref first, ref offset, 0), Double(ref first, ref offset, 1));
        Vector128<ulong> upper = Vector128.Create(Double(ref first, ref offset, 2), Double(ref first, ref offset, 3));
        return Avx2.InsertVector128(lower.ToVector256Unsafe(), upper, 1);
    }

    /// <summary>Quotients; 0 where the divisor is 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Divide(Vector256<uint> left, Vector256<uint> right) =>
        Vector256.AndNot(
            Vector256.Create(Quotient(left.GetLower(), right.GetLower()), Quotient(left.GetUpper(), right.GetUpper())),
            Vector256.Equals(right, Vector256<uint>.Zero));

    /// <summary>The same of signed numbers. The smallest number divided by -1 is itself.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> SignedDivide(Vector256<uint> left, Vector256<uint> right)
    {
        Vector128<int> lower = Avx.ConvertToVector128Int32WithTruncation(Avx.ConvertToVector256Double(left.GetLower().AsInt32()) / Avx.ConvertToVector256Double(right.GetLower().AsInt32()));
        Vector128<int> upper = Avx.ConvertToVector128Int32WithTruncation(Avx.ConvertToVector256Double(left.GetUpper().AsInt32()) / Avx.ConvertToVector256Double(right.GetUpper().AsInt32()));
        return Vector256.AndNot(Vector256.Create(lower, upper).AsUInt32(), Vector256.Equals(right, Vector256<uint>.Zero));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> ShiftLeft(Vector256<uint> value, Vector256<uint> by) => Avx2.ShiftLeftLogicalVariable(value, by);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> ShiftLeft(Vector256<ulong> value, Vector256<ulong> by) => Avx2.ShiftLeftLogicalVariable(value, by);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> ShiftRight(Vector256<uint> value, Vector256<uint> by) => Avx2.ShiftRightLogicalVariable(value, by);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> ShiftRight(Vector256<ulong> value, Vector256<ulong> by) => Avx2.ShiftRightLogicalVariable(value, by);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> ArithmeticShiftRight(Vector256<uint> value, Vector256<uint> by) => Avx2.ShiftRightArithmeticVariable(value.AsInt32(), by).AsUInt32();

    // AVX2 has no such shift of 64 bits: the sign is turned over, shifted along, and subtracted.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> ArithmeticShiftRight(Vector256<ulong> value, Vector256<ulong> by)
    {
        Vector256<ulong> sign = Avx2.ShiftRightLogicalVariable(Vector256.Create(1UL << 63), by);
        return (Avx2.ShiftRightLogicalVariable(value, by) ^ sign) - sign;
    }

    /// <summary>Swaps the bytes of words.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Swap(Vector256<uint> value) => Avx2.Shuffle(value.AsByte(), Vector256.Create(LaneOrders.Swap4, LaneOrders.Swap4)).AsUInt32();

    /// <summary>Swaps the bytes of double words.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> Swap(Vector256<ulong> value) => Avx2.Shuffle(value.AsByte(), Vector256.Create(LaneOrders.Swap8, LaneOrders.Swap8)).AsUInt64();

    // Only signed numbers are converted: they go down by half their range, and up again.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> Quotient(Vector128<uint> left, Vector128<uint> right)
    {
        Vector256<double> quotient = Vector256.Floor(ToDouble(left) / ToDouble(right)) - Vector256.Create((double)Sign);
        return Avx.ConvertToVector128Int32WithTruncation(quotient).AsUInt32() ^ Vector128.Create(Sign);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> ToDouble(Vector128<uint> value) =>
        Avx.ConvertToVector256Double((value ^ Vector128.Create(Sign)).AsInt32()) + Vector256.Create((double)Sign);

    // Items 0 and 4 from the first.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Halves(ref byte first, nint stride) =>
        Avx2.InsertVector128(Vector128.LoadUnsafe(ref first).AsUInt32().ToVector256Unsafe(), Vector128.LoadUnsafe(ref Unsafe.Add(ref first, 4 * stride)).AsUInt32(), 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Halves(ref byte first, ref uint offset) =>
        Avx2.InsertVector128(At(ref first, ref offset, 0).ToVector256Unsafe(), At(ref first, ref offset, 4), 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Double(ref byte first, ref uint offset, int lane) => Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref first, Unsafe.Add(ref offset, lane)));

    // Of each 128 bits of the four the first word, then the second, and so on.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Transpose(Vector256<uint> a, Vector256<uint> b, Vector256<uint> c, Vector256<uint> d, out Vector256<uint> word0, out Vector256<uint> word1, out Vector256<uint> word2, out Vector256<uint> word3)
    {
        Vector256<ulong> low0 = Avx2.UnpackLow(a, b).AsUInt64();
        Vector256<ulong> low1 = Avx2.UnpackLow(c, d).AsUInt64();
        Vector256<ulong> high0 = Avx2.UnpackHigh(a, b).AsUInt64();
        Vector256<ulong> high1 = Avx2.UnpackHigh(c, d).AsUInt64();
        word0 = Avx2.UnpackLow(low0, low1).AsUInt32();
        word1 = Avx2.UnpackHigh(low0, low1).AsUInt32();
        word2 = Avx2.UnpackLow(high0, high1).AsUInt32();
        word3 = Avx2.UnpackHigh(high0, high1).AsUInt32();
    }
}
