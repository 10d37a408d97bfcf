using System.Numerics;

namespace ReuseportPS.Simulator.Randomness;

/// <summary>
/// xoshiro256** 1.0 (Blackman and Vigna), its state filled by SplitMix64 from a 64-bit seed: the one source of chance in the
/// simulator. The sequence is fixed by the published algorithms, so a seed means the same on every machine and version.
/// </summary>
public sealed class Xoshiro256
{
    private ulong _s0;
    private ulong _s1;
    private ulong _s2;
    private ulong _s3;

    /// <summary>A generator with the state that SplitMix64 makes of <paramref name="seed"/>.</summary>
    public Xoshiro256(ulong seed)
        : this(SplitMix64(ref seed), SplitMix64(ref seed), SplitMix64(ref seed), SplitMix64(ref seed))
    {
    }

    /// <summary>A generator with this state, which must not be all zero.</summary>
    public Xoshiro256(ulong s0, ulong s1, ulong s2, ulong s3)
    {
        if ((s0 | s1 | s2 | s3) == 0)
        {
            throw new ArgumentException("The state of xoshiro256** must not be all zero.", nameof(s0));
        }

        (_s0, _s1, _s2, _s3) = (s0, s1, s2, s3);
    }

    /// <summary>A generator that shares a seed with others and repeats none of their numbers: one per use, so that one use does not move another.</summary>
    public static Xoshiro256 ForStream(ulong seed, ulong stream)
    {
        ulong mixed = stream;
        return new Xoshiro256(seed ^ SplitMix64(ref mixed));
    }

    /// <summary>One step of SplitMix64: advances the state and returns the next number.</summary>
    public static ulong SplitMix64(ref ulong state)
    {
        ulong z = state += 0x9e3779b97f4a7c15;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
    }

    /// <summary>The next 64 bits.</summary>
    public ulong NextUInt64()
    {
        ulong result = BitOperations.RotateLeft(_s1 * 5, 7) * 9;
        ulong t = _s1 << 17;
        _s2 ^= _s0;
        _s3 ^= _s1;
        _s1 ^= _s2;
        _s0 ^= _s3;
        _s2 ^= t;
        _s3 = BitOperations.RotateLeft(_s3, 45);
        return result;
    }

    /// <summary>The next 32 bits: the high half of <see cref="NextUInt64"/>.</summary>
    public uint NextUInt32() => (uint)(NextUInt64() >> 32);

    /// <summary>A number from 0 to <paramref name="bound"/> - 1, by multiplication (bias below bound / 2^32).</summary>
    public uint NextBelow(uint bound) => (uint)(((ulong)NextUInt32() * bound) >> 32);
}
