namespace ReuseportPS.Linux.Interop;

internal static unsafe partial class Sys
{
    internal const int CLONE_NEWNET = 0x40000000;

    internal static nint setns(SafeNamespaceFd fd, int type)
    {
        using FdLease lease = new(fd);
        return Invoke(Syscall.setns, lease.Number, type);
    }
}
