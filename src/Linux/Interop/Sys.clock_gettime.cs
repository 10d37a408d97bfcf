namespace ReuseportPS.Linux.Interop;

internal static unsafe partial class Sys
{
    internal const int CLOCK_BOOTTIME = 7;

    /// <summary>A clock in nanoseconds; the kernel has every clock of this project, and so refuses none.</summary>
    internal static ulong clock_gettime(int clock)
    {
        long* time = stackalloc long[2];
        _ = Invoke(Syscall.clock_gettime, clock, (nint)time);
        return ((ulong)time[0] * 1_000_000_000) + (ulong)time[1];
    }
}
