namespace ReuseportPS.Linux.Interop;

internal static unsafe partial class Sys
{
    internal const int MSG_TRUNC = 0x20;
    internal const int MSG_DONTWAIT = 0x40;
    internal const int MSG_NOSIGNAL = 0x4000;

    internal static nint recvfrom(SafeSocketFd fd, Span<byte> buffer, int flags, Span<byte> address, out int addressLength)
    {
        using FdLease lease = new(fd);
        int length = address.Length;
        fixed (byte* pointer = buffer, source = address)
        {
            nint result = Invoke(Syscall.recvfrom, lease.Number, (nint)pointer, buffer.Length, flags, (nint)source, (nint)(&length));
            addressLength = length;
            return result;
        }
    }
}
