using System.Diagnostics;

namespace ReuseportPS.Bench.Peers;

/// <summary>
/// Two processors of a shared host are not always equally fast: the thread that measures, and the peers that it starts, take the same one. The runtime's own threads stay
/// where they are.
/// </summary>
internal static class OneProcessor
{
    public static void Take()
    {
        if (OperatingSystem.IsLinux() || OperatingSystem.IsWindows())
        {
            using Process self = Process.GetCurrentProcess();
            self.ProcessorAffinity = (nint)1 << (Environment.ProcessorCount - 1);
        }
    }
}
