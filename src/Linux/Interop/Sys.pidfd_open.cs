namespace ReuseportPS.Linux.Interop;

internal static unsafe partial class Sys
{
    /// <summary>A handle on a process; the kernel sets CLOEXEC on it.</summary>
    internal static nint pidfd_open(int processId) => Invoke(Syscall.pidfd_open, processId);
}
