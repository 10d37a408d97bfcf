namespace ReuseportPS.Linux.Interop;

internal static unsafe partial class Sys
{
    internal static nint read(SafeFd fd, Span<byte> buffer)
    {
        using FdLease lease = new(fd);
        fixed (byte* pointer = buffer)
        {
            return Invoke(Syscall.read, lease.Number, (nint)pointer, buffer.Length);
        }
    }
}
