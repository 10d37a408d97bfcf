using System.Runtime.InteropServices;

namespace ReuseportPS.Bench.Peers;

/// <summary>CPU time of the processes that this one started and that have ended.</summary>
internal static partial class ChildTime
{
    private const int Children = -1;

    /// <summary>Seconds of user and system time.</summary>
    public static double Now()
    {
        // struct rusage: two timevals, then fourteen counts.
        Span<long> usage = stackalloc long[18];
        _ = GetUsage(Children, ref usage[0]);
        return usage[0] + usage[2] + ((usage[1] + usage[3]) / 1e6);
    }

    [LibraryImport("libc", EntryPoint = "getrusage")]
    private static partial int GetUsage(int who, ref long usage);
}
