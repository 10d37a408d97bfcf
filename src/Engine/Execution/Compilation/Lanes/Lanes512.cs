using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ReuseportPS.Engine.Execution.Compilation.Lanes;

/// <summary>What generated code does with 16 lanes that is more than one operation of <see cref="Vector512"/>.</summary>
internal static class Lanes512
{
    public const int Count = 16;

    public static bool IsSupported => Vector512.IsHardwareAccelerated && Avx512F.IsSupported && Avx512BW.IsSupported && Avx512DQ.IsSupported;

    /// <summary>Loads four words in succession from each of 16 places at equal distances.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load(ref byte first, nint stride, out Vector512<uint> word0, out Vector512<uint> word1, out Vector512<uint> word2, out Vector512<uint> word3)
    {
        Vector512<uint> a = Quarters(ref first, stride);
        Vector512<uint> b = Quarters(ref Unsafe.Add(ref first, stride), stride);
        Vector512<uint> c = Quarters(ref Unsafe.Add(ref first, 2 * stride), stride);
        Vector512<uint> d = Quarters(ref Unsafe.Add(ref first, 3 * stride), stride);
        Transpose(a, b, c, d, out word0, out word1, out word2, out word3);
    }

    /// <summary>Loads four words in succession from each of as many places as there are lanes, at their offsets from the first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadRows(ref byte first, Vector512<uint> offsets, out Vector512<uint> word0, out Vector512<uint> word1, out Vector512<uint> word2, out Vector512<uint> word3)
    {
        Vector256<uint> lower = offsets.GetLower();
        Vector256<uint> upper = offsets.GetUpper();
        Vector512<uint> a = Quarters(ref first, ref lower, ref upper, 0);
        Vector512<uint> b = Quarters(ref first, ref lower, ref upper, 1);
        Vector512<uint> c = Quarters(ref first, ref lower, ref upper, 2);
        Vector512<uint> d = Quarters(ref first, ref lower, ref upper, 3);
        Transpose(a, b, c, d, out word0, out word1, out word2, out word3);
    }

    /// <summary>Loads a double word from each of as many places as there are lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadDoubles(ref byte first, Vector512<uint> offsets, out Vector512<ulong> lower, out Vector512<ulong> upper)
    {
        lower = Eight(ref first, offsets.GetLower());
        upper = Eight(ref first, offsets.GetUpper());
    }

    /// <summary>One vector of two.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> Join(Vector256<uint> lower, Vector256<uint> upper) => lower.ToVector512Unsafe().WithUpper(upper);

    /// <summary>Quotients; 0 where the divisor is 0. Exact: a quotient of 32-bit numbers is further from the next integer than a double's rounding reaches.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> Divide(Vector512<uint> left, Vector512<uint> right)
    {
        Vector256<uint> lower = Avx512F.ConvertToVector256UInt32WithTruncation(Avx512F.ConvertToVector512Double(left.GetLower()) / Avx512F.ConvertToVector512Double(right.GetLower()));
        Vector256<uint> upper = Avx512F.ConvertToVector256UInt32WithTruncation(Avx512F.ConvertToVector512Double(left.GetUpper()) / Avx512F.ConvertToVector512Double(right.GetUpper()));
        return Vector512.AndNot(Join(lower, upper), Vector512.Equals(right, Vector512<uint>.Zero));
    }

    /// <summary>The same of signed numbers. The smallest number divided by -1 is itself.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> SignedDivide(Vector512<uint> left, Vector512<uint> right)
    {
        Vector256<int> lower = Avx512F.ConvertToVector256Int32WithTruncation(Avx512F.ConvertToVector512Double(left.GetLower().AsInt32()) / Avx512F.ConvertToVector512Double(right.GetLower().AsInt32()));
        Vector256<int> upper = Avx512F.ConvertToVector256Int32WithTruncation(Avx512F.ConvertToVector512Double(left.GetUpper().AsInt32()) / Avx512F.ConvertToVector512Double(right.GetUpper().AsInt32()));
        return Vector512.AndNot(Join(lower.AsUInt32(), upper.AsUInt32()), Vector512.Equals(right, Vector512<uint>.Zero));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> ShiftLeft(Vector512<uint> value, Vector512<uint> by) => Avx512F.ShiftLeftLogicalVariable(value, by);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> ShiftLeft(Vector512<ulong> value, Vector512<ulong> by) => Avx512F.ShiftLeftLogicalVariable(value, by);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> ShiftRight(Vector512<uint> value, Vector512<uint> by) => Avx512F.ShiftRightLogicalVariable(value, by);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> ShiftRight(Vector512<ulong> value, Vector512<ulong> by) => Avx512F.ShiftRightLogicalVariable(value, by);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> ArithmeticShiftRight(Vector512<uint> value, Vector512<uint> by) => Avx512F.ShiftRightArithmeticVariable(value.AsInt32(), by).AsUInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> ArithmeticShiftRight(Vector512<ulong> value, Vector512<ulong> by) => Avx512F.ShiftRightArithmeticVariable(value.AsInt64(), by).AsUInt64();

    /// <summary>Swaps the bytes of words.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> Swap(Vector512<uint> value) =>
        Avx512BW.Shuffle(value.AsByte(), Vector512.Create(Vector256.Create(LaneOrders.Swap4, LaneOrders.Swap4), Vector256.Create(LaneOrders.Swap4, LaneOrders.Swap4))).AsUInt32();

    /// <summary>Swaps the bytes of double words.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ulong> Swap(Vector512<ulong> value) =>
        Avx512BW.Shuffle(value.AsByte(), Vector512.Create(Vector256.Create(LaneOrders.Swap8, LaneOrders.Swap8), Vector256.Create(LaneOrders.Swap8, LaneOrders.Swap8))).AsUInt64();

    // Items 0, 4, 8 and 12 from the first: behind the unpacking of four such, each lane has its item.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Quarters(ref byte first, nint stride)
    {
        Vector512<uint> quarters = Vector128.LoadUnsafe(ref first).AsUInt32().ToVector256Unsafe().ToVector512Unsafe();
        quarters = Avx512F.InsertVector128(quarters, Vector128.LoadUnsafe(ref Unsafe.Add(ref first, 4 * stride)).AsUInt32(), 1);
        quarters = Avx512F.InsertVector128(quarters, Vector128.LoadUnsafe(ref Unsafe.Add(ref first, 8 * stride)).AsUInt32(), 2);
        return Avx512F.InsertVector128(quarters, Vector128.LoadUnsafe(ref Unsafe.Add(ref first, 12 * stride)).AsUInt32(), 3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Quarters(ref byte first, ref Vector256<uint> lower, ref Vector256<uint> upper, int lane)
    {
        ref uint low = ref Unsafe.As<Vector256<uint>, uint>(ref lower);
        ref uint high = ref Unsafe.As<Vector256<uint>, uint>(ref upper);
        Vector512<uint> quarters = Lanes256.At(ref first, ref low, lane).ToVector256Unsafe().ToVector512Unsafe();
        quarters = Avx512F.InsertVector128(quarters, Lanes256.At(ref first, ref low, lane + 4), 1);
        quarters = Avx512F.InsertVector128(quarters, Lanes256.At(ref first, ref high, lane), 2);
        return Avx512F.InsertVector128(quarters, Lanes256.At(ref first, ref high, lane + 4), 3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> Eight(ref byte first, Vector256<uint> offsets)
    {
        ref uint offset = ref Unsafe.As<Vector256<uint>, uint>(ref offsets);
        return Lanes256.Four(ref first, ref offset).ToVector512Unsafe().WithUpper(Lanes256.Four(ref first, ref Unsafe.Add(ref offset, 4)));
    }

    // Of each 128 bits of the four the first word, then the second, and so on.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Transpose(Vector512<uint> a, Vector512<uint> b, Vector512<uint> c, Vector512<uint> d, out Vector512<uint> word0, out Vector512<uint> word1, out Vector512<uint> word2, out Vector512<uint> word3)
    {
        Vector512<ulong> low0 = Avx512F.UnpackLow(a, b).AsUInt64();
        Vector512<ulong> low1 = Avx512F.UnpackLow(c, d).AsUInt64();
        Vector512<ulong> high0 = Avx512F.UnpackHigh(a, b).AsUInt64();
        Vector512<ulong> high1 = Avx512F.UnpackHigh(c, d).AsUInt64();
        word0 = Avx512F.UnpackLow(low0, low1).AsUInt32();
        word1 = Avx512F.UnpackHigh(low0, low1).AsUInt32();
        word2 = Avx512F.UnpackLow(high0, high1).AsUInt32();
        word3 = Avx512F.UnpackHigh(high0, high1).AsUInt32();
    }
}
