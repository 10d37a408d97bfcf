namespace ReuseportPS.Linux.Interop;

internal static unsafe partial class Sys
{
    internal static nint socket(int domain, int type, int protocol) =>
        Invoke(Syscall.socket, domain, type | SocketConstants.SOCK_CLOEXEC, protocol);
}
