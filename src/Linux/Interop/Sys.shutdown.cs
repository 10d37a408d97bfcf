namespace ReuseportPS.Linux.Interop;

internal static unsafe partial class Sys
{
    internal static nint shutdown(SafeSocketFd fd, int how)
    {
        using FdLease lease = new(fd);
        return Invoke(Syscall.shutdown, lease.Number, how);
    }
}
