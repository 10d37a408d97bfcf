namespace ReuseportPS.Linux.Interop;

internal static unsafe partial class Sys
{
    internal static nint sendto(SafeSocketFd fd, ReadOnlySpan<byte> data, int flags, ReadOnlySpan<byte> address)
    {
        using FdLease lease = new(fd);
        fixed (byte* pointer = data, destination = address)
        {
            return Invoke(Syscall.sendto, lease.Number, (nint)pointer, data.Length, flags, (nint)destination, address.Length);
        }
    }
}
