namespace ReuseportPS.Linux.Interop;

internal static unsafe partial class Sys
{
    internal static nint unshare(int flags) => Invoke(Syscall.unshare, flags);
}
