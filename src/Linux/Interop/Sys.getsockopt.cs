namespace ReuseportPS.Linux.Interop;

internal static unsafe partial class Sys
{
    internal static nint getsockopt(SafeSocketFd fd, int level, int option, Span<byte> value)
    {
        using FdLease lease = new(fd);
        int length = value.Length;
        fixed (byte* pointer = value)
        {
            return Invoke(Syscall.getsockopt, lease.Number, level, option, (nint)pointer, (nint)(&length));
        }
    }
}
