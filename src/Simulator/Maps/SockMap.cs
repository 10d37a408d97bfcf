using System.Buffers.Binary;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Maps;

namespace ReuseportPS.Simulator.Maps;

/// <summary>BPF_MAP_TYPE_SOCKMAP: sockets by index.</summary>
internal sealed class SockMap(MapSpec spec, int cpuCount, Func<int, object?> descriptors) : PsockMap(spec, cpuCount, descriptors)
{
    private readonly SortedDictionary<uint, SockMapEntry> _entries = [];

    /// <inheritdoc/>
    public override void Free()
    {
        foreach (SockMapEntry entry in _entries.Values.ToArray())
        {
            Remove(entry);
        }
    }

    /// <inheritdoc/>
    protected override SockMapEntry? FindEntry(ReadOnlySpan<byte> key) => _entries.GetValueOrDefault(Index(key));

    /// <inheritdoc/>
    protected override Errno CheckIndex(ReadOnlySpan<byte> key) => Index(key) >= (uint)Spec.MaxEntries ? Errno.E2BIG : Errno.None;

    /// <inheritdoc/>
    protected override Errno CheckKey(ReadOnlySpan<byte> key, bool isThere) => Errno.None;

    /// <inheritdoc/>
    protected override void Enter(SockMapEntry entry) => _entries.Add(Index(entry.Key), entry);

    /// <inheritdoc/>
    protected override void Clear(SockMapEntry entry) => _entries.Remove(Index(entry.Key));

    /// <inheritdoc/>
    protected override Errno DeleteCore(ReadOnlySpan<byte> key)
    {
        if (FindEntry(key) is not { } entry)
        {
            return Errno.EINVAL;
        }

        Remove(entry);
        return Errno.None;
    }

    /// <inheritdoc/>
    protected override Errno NextKeyCore(ReadOnlySpan<byte> key, Span<byte> next)
    {
        uint max = (uint)Spec.MaxEntries;
        uint current = key.IsEmpty ? uint.MaxValue : Index(key);
        if (current == max - 1)
        {
            return Errno.ENOENT;
        }

        BinaryPrimitives.WriteUInt32LittleEndian(next, current < max ? current + 1 : 0);
        return Errno.None;
    }

    private static uint Index(ReadOnlySpan<byte> key) => BinaryPrimitives.ReadUInt32LittleEndian(key);
}
