namespace ReuseportPS.Linux.Interop;

internal static unsafe partial class Sys
{
    internal const int AT_EMPTY_PATH = 0x1000;
    private const int STATX_BASIC_STATS = 0x7ff;

    /// <summary>Inode number and mode of an open file.</summary>
    internal static nint statx(SafeFd fd, out ulong inode, out int mode) => statx(fd, out inode, out mode, out _);

    /// <summary>The same, with its device as the kernel writes it in text (s_dev: major &lt;&lt; 20 | minor).</summary>
    internal static nint statx(SafeFd fd, out ulong inode, out int mode, out ulong device)
    {
        using FdLease lease = new(fd);
        byte* buffer = stackalloc byte[256];
        byte empty = 0;
        nint result = Invoke(Syscall.statx, lease.Number, (nint)(&empty), AT_EMPTY_PATH, STATX_BASIC_STATS, (nint)buffer);
        inode = *(ulong*)(buffer + 32);
        mode = *(ushort*)(buffer + 28);
        device = ((ulong)*(uint*)(buffer + 136) << 20) | *(uint*)(buffer + 140);
        return result;
    }
}
