using System.Numerics;
using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Maps;

/// <summary>
/// BLOOM_FILTER (<c>kernel/bpf/bloom_filter.c</c>): tells whether a value was pushed; never wrong when it was, sometimes when it was not. With
/// BPF_F_ZERO_SEED the kernel is wrong about the same values.
/// </summary>
internal sealed class BloomFilter : KeylessMap
{
    private const int DefaultHashes = 5;
    private const int WordBits = 64;

    private readonly uint _seed;
    private readonly uint _hashes;
    private readonly uint _mask;
    private readonly ulong[] _bits;

    public BloomFilter(MapSpec spec, int cpuCount, uint seed)
        : base(spec, cpuCount)
    {
        _seed = spec.Flags.HasFlag(MapFlags.ZeroSeed) ? 0 : seed;
        _hashes = HashesOf(spec);
        _mask = (uint)(BitsFor(spec) - 1);
        _bits = new ulong[BitsFor(spec) / WordBits];
    }

    public override bool HasPop => false;

    /// <summary>Bits of the filter: entries x hashes / ln 2 (taken as 7/5), rounded up to a power of two, at least 64 and at most 2^32.</summary>
    public static ulong BitsFor(MapSpec spec)
    {
        ulong product = (ulong)(uint)spec.MaxEntries * HashesOf(spec);
        ulong bits = product / 5 * 7;
        return product > uint.MaxValue || bits > 1UL << 31 ? 1UL << 32 : Math.Max(BitOperations.RoundUpToPowerOf2(bits), WordBits);
    }

    public override Errno Push(ReadOnlySpan<byte> value, ulong flags)
    {
        if (flags != (ulong)MapUpdateFlags.Any)
        {
            return Errno.EINVAL;
        }

        for (uint i = 0; i < _hashes; i++)
        {
            uint bit = JenkinsHash.Compute(value, _seed + i) & _mask;
            _bits[bit / WordBits] |= 1UL << (int)(bit % WordBits);
        }

        return Errno.None;
    }

    public override Errno Peek(Span<byte> value) => Contains(value);

    /// <summary>Whether a value may have been pushed: None, or ENOENT when it was not.</summary>
    public Errno Contains(ReadOnlySpan<byte> value)
    {
        for (uint i = 0; i < _hashes; i++)
        {
            uint bit = JenkinsHash.Compute(value, _seed + i) & _mask;
            if ((_bits[bit / WordBits] & (1UL << (int)(bit % WordBits))) == 0)
            {
                return Errno.ENOENT;
            }
        }

        return Errno.None;
    }

    public override Errno Pop(Span<byte> value) => Errno.EOPNOTSUPP;

    protected override Errno DeleteCore(ReadOnlySpan<byte> key) => Errno.EOPNOTSUPP;

    protected override Errno NextKeyCore(ReadOnlySpan<byte> key, Span<byte> next) => Errno.EOPNOTSUPP;

    private static uint HashesOf(MapSpec spec) => spec.Extra == 0 ? DefaultHashes : (uint)spec.Extra;
}
