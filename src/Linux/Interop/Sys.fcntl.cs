namespace ReuseportPS.Linux.Interop;

internal static unsafe partial class Sys
{
    internal const int F_DUPFD_CLOEXEC = 1030;

    internal static nint fcntl(SafeFd fd, int command, int argument)
    {
        using FdLease lease = new(fd);
        return Invoke(Syscall.fcntl, lease.Number, command, argument);
    }
}
