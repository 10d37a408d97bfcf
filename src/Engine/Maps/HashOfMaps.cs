using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Maps;

/// <summary>HASH_OF_MAPS (<c>kernel/bpf/hashtab.c</c>, <c>fd_htab_map</c>). An update of a key that is there writes in place.</summary>
internal sealed class HashOfMaps : OuterMap
{
    private readonly ElementTable _table;
    private BpfMap?[] _maps = new BpfMap?[8];

    public HashOfMaps(MapSpec spec, int cpuCount, uint seed)
        : base(spec, cpuCount) => _table = new ElementTable(spec, seed);

    public override BpfMap? FindMap(ReadOnlySpan<byte> key)
    {
        int element = _table.Find(key);
        return element < 0 ? null : _maps[element];
    }

    // The kernel looks the descriptor up before it looks at the flags.
    protected override Errno UpdateCore(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, ulong flags) => Errno.EBADF;

    protected override Errno UpdateMapCore(ReadOnlySpan<byte> key, BpfMap inner, ulong flags)
    {
        if (!IsLikeTemplate(inner))
        {
            return Errno.EINVAL;
        }

        uint hash = _table.Hash(key);
        int element = _table.Find(key, hash);
        Errno refused = flags > (ulong)MapUpdateFlags.Exist ? Errno.EINVAL
            : ElementTable.CheckPresence(element >= 0, flags) is not Errno.None and Errno wrong ? wrong
            : element < 0 && _table.Count >= Spec.MaxEntries ? Errno.E2BIG
            : Errno.None;
        if (refused != Errno.None)
        {
            return refused;
        }

        if (element < 0)
        {
            element = _table.Add(key, hash);
            if (element >= _maps.Length)
            {
                Array.Resize(ref _maps, _maps.Length * 2);
            }
        }

        _maps[element] = inner;
        return Errno.None;
    }

    protected override Errno DeleteCore(ReadOnlySpan<byte> key)
    {
        int element = _table.Find(key);
        if (element < 0)
        {
            return Errno.ENOENT;
        }

        _table.Free(element);
        _maps[element] = null;
        return Errno.None;
    }

    protected override Errno NextKeyCore(ReadOnlySpan<byte> key, Span<byte> next) => _table.NextKey(key, next);
}
