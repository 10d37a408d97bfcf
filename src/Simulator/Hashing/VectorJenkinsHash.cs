using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using ReuseportPS.Engine.Maps;

namespace ReuseportPS.Simulator.Hashing;

/// <summary><see cref="JenkinsHash"/> in every lane of a vector.</summary>
internal static class VectorJenkinsHash
{
    private const uint Start = JenkinsHash.InitialValue;

    /// <summary>Hash of three words.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<uint> OfThree(Vector<uint> x, Vector<uint> y, Vector<uint> z, uint seed)
    {
        Vector<uint> start = new(seed + Start + 12);
        return Final(x + start, y + start, z + start);
    }

    /// <summary>Hash of the same three words with many seeds.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<uint> OfThree(Vector<uint> x, Vector<uint> y, Vector<uint> z, Vector<uint> seeds)
    {
        Vector<uint> start = seeds + new Vector<uint>(Start + 12);
        return Final(x + start, y + start, z + start);
    }

    /// <summary>Hash of four words.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<uint> OfFour(Vector<uint> w0, Vector<uint> w1, Vector<uint> w2, Vector<uint> w3, uint seed)
    {
        Vector<uint> start = new(seed + Start + 16);
        Vector<uint> a = start + w0;
        Vector<uint> b = start + w1;
        Vector<uint> c = start + w2;

        a -= c;
        a ^= RotateLeft(c, 4);
        c += b;
        b -= a;
        b ^= RotateLeft(a, 6);
        a += c;
        c -= b;
        c ^= RotateLeft(b, 8);
        b += a;
        a -= c;
        a ^= RotateLeft(c, 16);
        c += b;
        b -= a;
        b ^= RotateLeft(a, 19);
        a += c;
        c -= b;
        c ^= RotateLeft(b, 4);
        b += a;

        return Final(a + w3, b, c);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<uint> Final(Vector<uint> a, Vector<uint> b, Vector<uint> c)
    {
        c ^= b;
        c -= RotateLeft(b, 14);
        a ^= c;
        a -= RotateLeft(c, 11);
        b ^= a;
        b -= RotateLeft(a, 25);
        c ^= b;
        c -= RotateLeft(b, 16);
        a ^= c;
        a -= RotateLeft(c, 4);
        b ^= a;
        b -= RotateLeft(a, 14);
        c ^= b;
        c -= RotateLeft(b, 24);
        return c;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<uint> RotateLeft(Vector<uint> value, [ConstantExpected] byte by) =>
        Avx512F.VL.IsSupported && Vector<uint>.Count == Vector256<uint>.Count
            ? Avx512F.VL.RotateLeft(value.AsVector256(), by).AsVector()
            : (value << by) | (value >>> (32 - by));
}
