using System.Runtime.InteropServices;

namespace ReuseportPS.Bench.Peers;

/// <summary>CPU time of the calling thread, which the load of the machine disturbs less than the time of the wall.</summary>
internal static partial class ThreadTime
{
    private const int ThreadCpuClock = 3;

    /// <summary>Nanoseconds.</summary>
    public static long Now()
    {
        _ = GetTime(ThreadCpuClock, out TimeSpecification time);
        return (time.Seconds * 1_000_000_000) + time.Nanoseconds;
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int GetTime(int clock, out TimeSpecification time);

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpecification
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
