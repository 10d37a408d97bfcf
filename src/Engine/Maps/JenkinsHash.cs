using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace ReuseportPS.Engine.Maps;

/// <summary>
/// Bob Jenkins' lookup3 hash as Linux uses it for keys of maps (<c>jhash</c>) and for socket tables (<c>jhash2</c> and <c>jhash_3words</c>, which give
/// the same for the bytes of the words on a little-endian machine), and as policies do. Published into the public domain at burtleburtle.net/bob/hash.
/// </summary>
public static class JenkinsHash
{
    /// <summary>What the three state words begin with, before length and seed are added.</summary>
    public const uint InitialValue = 0xdeadbeef;

    /// <summary>The hash of some bytes, at least one.</summary>
    public static uint Compute(ReadOnlySpan<byte> key, uint seed)
    {
        uint a = InitialValue + (uint)key.Length + seed;
        uint b = a;
        uint c = a;
        while (key.Length > 12)
        {
            a += BinaryPrimitives.ReadUInt32LittleEndian(key);
            b += BinaryPrimitives.ReadUInt32LittleEndian(key[4..]);
            c += BinaryPrimitives.ReadUInt32LittleEndian(key[8..]);
            Mix(ref a, ref b, ref c);
            key = key[12..];
        }

        switch (key.Length)
        {
            case 4:
                a += BinaryPrimitives.ReadUInt32LittleEndian(key);
                break;
            case 8:
                a += BinaryPrimitives.ReadUInt32LittleEndian(key);
                b += BinaryPrimitives.ReadUInt32LittleEndian(key[4..]);
                break;
            case 12:
                a += BinaryPrimitives.ReadUInt32LittleEndian(key);
                b += BinaryPrimitives.ReadUInt32LittleEndian(key[4..]);
                c += BinaryPrimitives.ReadUInt32LittleEndian(key[8..]);
                break;
            default:
                a += Word(key, 0);
                b += Word(key, 4);
                c += Word(key, 8);
                break;
        }

        return Finish(a, b, c);
    }

    /// <summary>The hash of some words, at least one (lookup3's hashword; the seed is its initval).</summary>
    public static uint Compute(ReadOnlySpan<uint> words, uint seed)
    {
        uint a = InitialValue + ((uint)words.Length << 2) + seed;
        uint b = a;
        uint c = a;
        for (; words.Length > 3; words = words[3..])
        {
            a += words[0];
            b += words[1];
            c += words[2];
            Mix(ref a, ref b, ref c);
        }

        a += words[0];
        b += words.Length > 1 ? words[1] : 0;
        c += words.Length > 2 ? words[2] : 0;
        return Finish(a, b, c);
    }

    /// <summary>The hash of three words.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint OfThree(uint x, uint y, uint z, uint seed)
    {
        uint start = InitialValue + (3 * sizeof(uint)) + seed;
        return Finish(start + x, start + y, start + z);
    }

    /// <summary>The hash of four words.</summary>
    public static uint OfFour(uint w0, uint w1, uint w2, uint w3, uint seed)
    {
        uint start = InitialValue + (4 * sizeof(uint)) + seed;
        (uint a, uint b, uint c) = (start + w0, start + w1, start + w2);
        Mix(ref a, ref b, ref c);
        return Finish(a + w3, b, c);
    }

    /// <summary>The hash of 4 bytes, given as a little-endian word.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static uint Compute(uint word, uint seed)
    {
        uint start = InitialValue + sizeof(uint) + seed;
        return Finish(start + word, start, start);
    }

    /// <summary>The hash of 8 bytes, given as a little-endian word.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static uint Compute(ulong word, uint seed)
    {
        uint start = InitialValue + sizeof(ulong) + seed;
        return Finish(start + (uint)word, start + (uint)(word >> 32), start);
    }

    // What there is of the word at an offset.
    private static uint Word(ReadOnlySpan<byte> rest, int offset)
    {
        uint word = 0;
        for (int i = Math.Min(rest.Length, offset + 4) - 1; i >= offset; i--)
        {
            word = (word << 8) | rest[i];
        }

        return word;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Mix(ref uint a, ref uint b, ref uint c)
    {
        a = (a - c) ^ BitOperations.RotateLeft(c, 4);
        c += b;
        b = (b - a) ^ BitOperations.RotateLeft(a, 6);
        a += c;
        c = (c - b) ^ BitOperations.RotateLeft(b, 8);
        b += a;
        a = (a - c) ^ BitOperations.RotateLeft(c, 16);
        c += b;
        b = (b - a) ^ BitOperations.RotateLeft(a, 19);
        a += c;
        c = (c - b) ^ BitOperations.RotateLeft(b, 4);
        b += a;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Finish(uint a, uint b, uint c)
    {
        c = (c ^ b) - BitOperations.RotateLeft(b, 14);
        a = (a ^ c) - BitOperations.RotateLeft(c, 11);
        b = (b ^ a) - BitOperations.RotateLeft(a, 25);
        c = (c ^ b) - BitOperations.RotateLeft(b, 16);
        a = (a ^ c) - BitOperations.RotateLeft(c, 4);
        b = (b ^ a) - BitOperations.RotateLeft(a, 14);
        return (c ^ b) - BitOperations.RotateLeft(b, 24);
    }
}
