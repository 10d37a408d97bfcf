using System.Buffers.Binary;
using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Maps;

/// <summary>A map whose values are maps: ARRAY_OF_MAPS or HASH_OF_MAPS. User space reads ids, programs get the map.</summary>
public abstract class OuterMap : BpfMap
{
    /// <summary>A map of maps.</summary>
    protected OuterMap(MapSpec spec, int cpuCount)
        : base(spec, cpuCount)
    {
    }

    /// <inheritdoc/>
    public override bool HasProgramLookup => true;

    /// <summary>BPF_MAP_UPDATE_ELEM with a map.</summary>
    /// <returns>None, EPERM (frozen, or read-only for user space), EINVAL (flags, or a map unlike the template), E2BIG, EEXIST, ENOENT.</returns>
    public Errno UpdateMap(ReadOnlySpan<byte> key, BpfMap inner, MapUpdateFlags flags = MapUpdateFlags.Any)
    {
        Errno refused = CheckWrite(flags);
        return refused != Errno.None ? refused : UpdateMapCore(key, inner, (ulong)flags);
    }

    /// <summary>Helper 1: the map of a key, or null.</summary>
    public abstract BpfMap? FindMap(ReadOnlySpan<byte> key);

    /// <summary>Update with a map, after the common checks.</summary>
    protected abstract Errno UpdateMapCore(ReadOnlySpan<byte> key, BpfMap inner, ulong flags);

    /// <inheritdoc/>
    protected sealed override Errno LookupCore(ReadOnlySpan<byte> key, Span<byte> value)
    {
        if (FindMap(key) is not BpfMap map)
        {
            return Errno.ENOENT;
        }

        BinaryPrimitives.WriteUInt32LittleEndian(value, map.Id);
        return Errno.None;
    }

    /// <summary>Whether a map is like the template (<c>bpf_map_meta_equal</c>, <c>array_map_meta_equal</c>).</summary>
    protected bool IsLikeTemplate(BpfMap inner)
    {
        MapSpec template = Spec.Inner!;
        MapSpec spec = inner.Spec;
        return spec.Type == template.Type && spec.KeySize == template.KeySize && spec.ValueSize == template.ValueSize && spec.Flags == template.Flags
            && spec.SpinLockOffset == template.SpinLockOffset
            && (template.Type != MapType.Array || spec.Flags.HasFlag(MapFlags.InnerMap) || spec.MaxEntries == template.MaxEntries);
    }
}
