using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Maps;

/// <summary>What arrays of maps and of programs have in common (<c>bpf_fd_array_map_update_elem</c>, <c>__fd_array_map_delete_elem</c>).</summary>
internal static class FdArray
{
    public static Errno CheckUpdate(ReadOnlySpan<byte> key, ulong flags, int maxEntries, out int index)
    {
        index = ArrayIndex.Of(key, maxEntries);
        return flags != (ulong)MapUpdateFlags.Any ? Errno.EINVAL
            : index < 0 ? Errno.E2BIG
            : Errno.None;
    }

    public static Errno Delete<T>(ReadOnlySpan<byte> key, T?[] items)
        where T : class
    {
        int index = ArrayIndex.Of(key, items.Length);
        if (index < 0)
        {
            return Errno.E2BIG;
        }

        bool held = items[index] is not null;
        items[index] = null;
        return held ? Errno.None : Errno.ENOENT;
    }
}
