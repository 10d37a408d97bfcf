namespace ReuseportPS.Linux.Interop;

internal static unsafe partial class Sys
{
    internal static nint setsockopt(SafeSocketFd fd, int level, int option, ReadOnlySpan<byte> value)
    {
        using FdLease lease = new(fd);
        fixed (byte* pointer = value)
        {
            return Invoke(Syscall.setsockopt, lease.Number, level, option, (nint)pointer, value.Length);
        }
    }
}
