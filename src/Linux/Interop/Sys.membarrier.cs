namespace ReuseportPS.Linux.Interop;

internal static unsafe partial class Sys
{
    internal const int MEMBARRIER_CMD_QUERY = 0;
    internal const int MEMBARRIER_CMD_GLOBAL = 1;

    internal static nint membarrier(int command) => Invoke(Syscall.membarrier, command);
}
