using System.Numerics;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Maps;

namespace ReuseportPS.Simulator.Maps;

/// <summary>BPF_MAP_TYPE_SOCKHASH: sockets by key. Buckets by lookup3 with seed 0, a new entry at the head of its bucket: that is the order of the keys.</summary>
internal sealed class SockHash(MapSpec spec, int cpuCount, Func<int, object?> descriptors) : PsockMap(spec, cpuCount, descriptors)
{
    private readonly SortedDictionary<uint, List<SockMapEntry>> _buckets = [];
    private readonly uint _mask = BitOperations.RoundUpToPowerOf2((uint)spec.MaxEntries) - 1;
    private int _count;

    /// <inheritdoc/>
    public override void Free()
    {
        foreach (SockMapEntry entry in _buckets.Values.SelectMany(bucket => bucket).ToArray())
        {
            Remove(entry);
        }
    }

    /// <inheritdoc/>
    protected override SockMapEntry? FindEntry(ReadOnlySpan<byte> key)
    {
        if (_buckets.TryGetValue(BucketOf(key), out List<SockMapEntry>? bucket))
        {
            foreach (SockMapEntry entry in bucket)
            {
                if (key.SequenceEqual(entry.Key))
                {
                    return entry;
                }
            }
        }

        return null;
    }

    /// <inheritdoc/>
    protected override Errno CheckKey(ReadOnlySpan<byte> key, bool isThere) => !isThere && _count >= Spec.MaxEntries ? Errno.E2BIG : Errno.None;

    /// <inheritdoc/>
    protected override void Enter(SockMapEntry entry)
    {
        uint number = BucketOf(entry.Key);
        if (!_buckets.TryGetValue(number, out List<SockMapEntry>? bucket))
        {
            _buckets.Add(number, bucket = []);
        }

        bucket.Insert(0, entry);
        _count++;
    }

    /// <inheritdoc/>
    protected override void Clear(SockMapEntry entry)
    {
        uint number = BucketOf(entry.Key);
        List<SockMapEntry> bucket = _buckets[number];
        bucket.Remove(entry);
        if (bucket.Count == 0)
        {
            _buckets.Remove(number);
        }

        _count--;
    }

    /// <inheritdoc/>
    protected override Errno DeleteCore(ReadOnlySpan<byte> key)
    {
        if (FindEntry(key) is not { } entry)
        {
            return Errno.ENOENT;
        }

        Remove(entry);
        return Errno.None;
    }

    /// <inheritdoc/>
    protected override Errno NextKeyCore(ReadOnlySpan<byte> key, Span<byte> next)
    {
        // After a key that is not there comes the first again.
        SockMapEntry? current = key.IsEmpty ? null : FindEntry(key);
        bool passed = current is null;
        foreach (SockMapEntry entry in _buckets.Values.SelectMany(bucket => bucket))
        {
            if (passed)
            {
                entry.Key.CopyTo(next);
                return Errno.None;
            }

            passed = entry == current;
        }

        return Errno.ENOENT;
    }

    private uint BucketOf(ReadOnlySpan<byte> key) => JenkinsHash.Compute(key, 0) & _mask;
}
