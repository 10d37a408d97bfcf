namespace ReuseportPS.Linux.Interop;

internal static partial class Sys
{
    internal const int PROT_READ = 1;
    internal const int PROT_WRITE = 2;
    internal const int MAP_SHARED = 1;

    /// <summary>Maps a descriptor at an address that the kernel chooses. The address, or the negated errno.</summary>
    internal static nint mmap(SafeFd fd, nint length, int protection, int flags, nint offset)
    {
        using FdLease lease = new(fd);
        return Invoke(Syscall.mmap, 0, length, protection, flags, lease.Number, offset);
    }
}
