namespace ReuseportPS.Linux.Interop;

internal static unsafe partial class Sys
{
    internal static nint bind(SafeSocketFd fd, ReadOnlySpan<byte> address)
    {
        using FdLease lease = new(fd);
        fixed (byte* pointer = address)
        {
            return Invoke(Syscall.bind, lease.Number, (nint)pointer, address.Length);
        }
    }
}
