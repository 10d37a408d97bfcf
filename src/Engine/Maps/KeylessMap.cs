using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Maps;

/// <summary>
/// A map without keys: QUEUE, STACK, BLOOM_FILTER. An update by user space pushes, a lookup peeks, and BPF_MAP_LOOKUP_AND_DELETE_ELEM pops.
/// </summary>
public abstract class KeylessMap : BpfMap
{
    /// <summary>A map without keys.</summary>
    protected KeylessMap(MapSpec spec, int cpuCount)
        : base(spec, cpuCount)
    {
    }

    /// <summary>Whether helper 88 takes this map: the verifier refuses it on a Bloom filter.</summary>
    public abstract bool HasPop { get; }

    /// <summary>Helper 87.</summary>
    /// <param name="value">A value, of the map's value size.</param>
    /// <param name="flags">BPF_ANY; BPF_EXIST makes room in a queue or stack by dropping the oldest value.</param>
    /// <returns>None, EINVAL (flags), E2BIG (full).</returns>
    public abstract Errno Push(ReadOnlySpan<byte> value, ulong flags);

    /// <summary>Helper 88: the next value, which leaves the map.</summary>
    /// <param name="value">Receives the value; all zero when there is none.</param>
    /// <returns>None, ENOENT (empty), EOPNOTSUPP (a Bloom filter).</returns>
    public abstract Errno Pop(Span<byte> value);

    /// <summary>Helper 89: the next value, which stays. Of a Bloom filter: whether a value may have been pushed.</summary>
    /// <param name="value">Receives the value, all zero when there is none; is the value asked for, of a Bloom filter.</param>
    /// <returns>None, ENOENT.</returns>
    public abstract Errno Peek(Span<byte> value);

    /// <inheritdoc/>
    protected sealed override Errno LookupCore(ReadOnlySpan<byte> key, Span<byte> value) => Peek(value);

    /// <inheritdoc/>
    protected sealed override Errno UpdateCore(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, ulong flags) => Push(value, flags);
}
