namespace ReuseportPS.Linux.Interop;

internal static unsafe partial class Sys
{
    /// <summary>The next entries of a directory, as <c>struct linux_dirent64</c>, one after the other; 0 bytes at its end.</summary>
    internal static nint getdents64(SafeFd directory, Span<byte> entries)
    {
        using FdLease lease = new(directory);
        fixed (byte* pointer = entries)
        {
            return Invoke(Syscall.getdents64, lease.Number, (nint)pointer, entries.Length);
        }
    }
}
