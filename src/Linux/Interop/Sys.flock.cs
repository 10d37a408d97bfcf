namespace ReuseportPS.Linux.Interop;

internal static unsafe partial class Sys
{
    internal const int LOCK_EX = 2;
    internal const int LOCK_NB = 4;

    internal static nint flock(SafeFd fd, int operation)
    {
        using FdLease lease = new(fd);
        return Invoke(Syscall.flock, lease.Number, operation);
    }
}
