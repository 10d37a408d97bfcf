using System.Buffers.Binary;
using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Maps;

/// <summary>What the maps with keys 0 to max_entries - 1 have in common.</summary>
public static class ArrayIndex
{
    /// <summary>The index in a key, or -1 when it is not below <paramref name="maxEntries"/>.</summary>
    public static int Of(ReadOnlySpan<byte> key, int maxEntries)
    {
        uint index = BinaryPrimitives.ReadUInt32LittleEndian(key);
        return index < (uint)maxEntries ? (int)index : -1;
    }

    /// <summary>BPF_MAP_GET_NEXT_KEY of an array (<c>array_map_get_next_key</c>): every index is listed, used or not; an unknown key is followed by 0.</summary>
    public static Errno Next(ReadOnlySpan<byte> key, Span<byte> next, int maxEntries)
    {
        int index = key.IsEmpty ? -1 : Of(key, maxEntries);
        if (index == maxEntries - 1)
        {
            return Errno.ENOENT;
        }

        BinaryPrimitives.WriteInt32LittleEndian(next, index + 1);
        return Errno.None;
    }
}
