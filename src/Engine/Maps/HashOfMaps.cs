using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Maps;

/// <summary>HASH_OF_MAPS (<c>kernel/bpf/hashtab.c</c>, <c>fd_htab_map</c>).</summary>
internal sealed class HashOfMaps : OuterMap
{
    private readonly KeyIndex _index;
    private BpfMap?[] _maps = new BpfMap?[8];

    public HashOfMaps(MapSpec spec, int cpuCount)
        : base(spec, cpuCount) => _index = new KeyIndex(spec.KeySize);

    public override BpfMap? FindMap(ReadOnlySpan<byte> key)
    {
        int entry = _index.Find(key);
        return entry < 0 ? null : _maps[entry];
    }

    // The kernel looks the descriptor up before it looks at the flags.
    protected override Errno UpdateCore(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, ulong flags) => Errno.EBADF;

    protected override Errno UpdateMapCore(ReadOnlySpan<byte> key, BpfMap inner, ulong flags)
    {
        if (!IsLikeTemplate(inner))
        {
            return Errno.EINVAL;
        }

        Errno refused = _index.CheckUpdate(key, flags, Spec.MaxEntries, out int entry);
        if (refused != Errno.None)
        {
            return refused;
        }

        if (entry < 0)
        {
            entry = _index.Add(key, ref _maps);
        }

        _maps[entry] = inner;
        return Errno.None;
    }

    protected override Errno DeleteCore(ReadOnlySpan<byte> key)
    {
        int entry = _index.Find(key);
        if (entry < 0)
        {
            return Errno.ENOENT;
        }

        _index.Remove(entry);
        _maps[entry] = null;
        return Errno.None;
    }

    protected override Errno NextKeyCore(ReadOnlySpan<byte> key, Span<byte> next) => _index.NextKey(key, next);
}
