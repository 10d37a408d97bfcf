using System.Numerics;

namespace ReuseportPS.Simulator.Hashing;

/// <summary>Bob Jenkins' lookup3 as Linux uses it for socket tables: three words, and four words (the kernel's jhash_3words and jhash2). All arithmetic wraps at 32 bits.</summary>
public static class JenkinsHash
{
    private const uint Start = 0xdeadbeef;

    /// <summary>Hash of three words.</summary>
    public static uint OfThree(uint x, uint y, uint z, uint seed)
    {
        uint start = seed + Start + 12;
        return Final(x + start, y + start, z + start);
    }

    /// <summary>Hash of four words.</summary>
    public static uint OfFour(uint w0, uint w1, uint w2, uint w3, uint seed)
    {
        uint start = seed + Start + 16;
        uint a = start + w0;
        uint b = start + w1;
        uint c = start + w2;

        a -= c;
        a ^= BitOperations.RotateLeft(c, 4);
        c += b;
        b -= a;
        b ^= BitOperations.RotateLeft(a, 6);
        a += c;
        c -= b;
        c ^= BitOperations.RotateLeft(b, 8);
        b += a;
        a -= c;
        a ^= BitOperations.RotateLeft(c, 16);
        c += b;
        b -= a;
        b ^= BitOperations.RotateLeft(a, 19);
        a += c;
        c -= b;
        c ^= BitOperations.RotateLeft(b, 4);
        b += a;

        return Final(a + w3, b, c);
    }

    private static uint Final(uint a, uint b, uint c)
    {
        c ^= b;
        c -= BitOperations.RotateLeft(b, 14);
        a ^= c;
        a -= BitOperations.RotateLeft(c, 11);
        b ^= a;
        b -= BitOperations.RotateLeft(a, 25);
        c ^= b;
        c -= BitOperations.RotateLeft(b, 16);
        a ^= c;
        a -= BitOperations.RotateLeft(c, 4);
        b ^= a;
        b -= BitOperations.RotateLeft(a, 14);
        c ^= b;
        c -= BitOperations.RotateLeft(b, 24);
        return c;
    }
}
