namespace ReuseportPS.Linux.Interop;

internal static unsafe partial class Sys
{
    /// <summary>A copy of another process's descriptor; the kernel sets CLOEXEC on it.</summary>
    internal static nint pidfd_getfd(SafePidFd process, int descriptor)
    {
        using FdLease lease = new(process);
        return Invoke(Syscall.pidfd_getfd, lease.Number, descriptor);
    }
}
