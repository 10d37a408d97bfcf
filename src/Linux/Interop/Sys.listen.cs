namespace ReuseportPS.Linux.Interop;

internal static unsafe partial class Sys
{
    internal static nint listen(SafeSocketFd fd, int backlog)
    {
        using FdLease lease = new(fd);
        return Invoke(Syscall.listen, lease.Number, backlog);
    }
}
