namespace ReuseportPS.Linux.Interop;

internal static unsafe partial class Sys
{
    internal static nint getsockname(SafeSocketFd fd, Span<byte> address, out int addressLength)
    {
        using FdLease lease = new(fd);
        int length = address.Length;
        fixed (byte* pointer = address)
        {
            nint result = Invoke(Syscall.getsockname, lease.Number, (nint)pointer, (nint)(&length));
            addressLength = length;
            return result;
        }
    }
}
