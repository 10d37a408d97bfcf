using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Maps;

/// <summary>ARRAY_OF_MAPS (<c>kernel/bpf/arraymap.c</c>, <c>fd_array_map</c>).</summary>
internal sealed class ArrayOfMaps : OuterMap
{
    private readonly BpfMap?[] _maps;

    public ArrayOfMaps(MapSpec spec, int cpuCount)
        : base(spec, cpuCount) => _maps = new BpfMap?[spec.MaxEntries];

    public override BpfMap? FindMap(ReadOnlySpan<byte> key)
    {
        int index = ArrayIndex.Of(key, _maps.Length);
        return index < 0 ? null : _maps[index];
    }

    protected override Errno UpdateCore(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, ulong flags)
    {
        Errno refused = FdArray.CheckUpdate(key, flags, _maps.Length, out _);
        return refused != Errno.None ? refused : Errno.EBADF;
    }

    protected override Errno UpdateMapCore(ReadOnlySpan<byte> key, BpfMap inner, ulong flags)
    {
        Errno refused = FdArray.CheckUpdate(key, flags, _maps.Length, out int index);
        if (refused != Errno.None)
        {
            return refused;
        }

        if (!IsLikeTemplate(inner))
        {
            return Errno.EINVAL;
        }

        _maps[index] = inner;
        return Errno.None;
    }

    protected override Errno DeleteCore(ReadOnlySpan<byte> key) => FdArray.Delete(key, _maps);

    protected override Errno NextKeyCore(ReadOnlySpan<byte> key, Span<byte> next) => ArrayIndex.Next(key, next, _maps.Length);
}
