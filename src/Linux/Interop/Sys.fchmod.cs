namespace ReuseportPS.Linux.Interop;

internal static unsafe partial class Sys
{
    internal static nint fchmod(SafeFd fd, int mode)
    {
        using FdLease lease = new(fd);
        return Invoke(Syscall.fchmod, lease.Number, mode);
    }
}
