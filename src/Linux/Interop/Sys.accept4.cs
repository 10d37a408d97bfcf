namespace ReuseportPS.Linux.Interop;

internal static unsafe partial class Sys
{
    internal static nint accept4(SafeSocketFd fd, Span<byte> address, out int addressLength, int flags)
    {
        using FdLease lease = new(fd);
        int length = address.Length;
        fixed (byte* pointer = address)
        {
            nint result = Invoke(Syscall.accept4, lease.Number, (nint)pointer, (nint)(&length), flags);
            addressLength = length;
            return result;
        }
    }
}
