using System.Globalization;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Linux.Interop;

namespace ReuseportPS.Linux;

/// <summary>Keeps the calling thread on one CPU until disposed, on the same thread.</summary>
internal sealed class CpuPin : IDisposable
{
    private const int MostCpus = 8192;
    private const int Bits = 64;

    private readonly ulong[] _before = new ulong[MostCpus / Bits];

    internal CpuPin(int cpu)
    {
        ulong[] wanted = new ulong[MostCpus / Bits];
        nint result = cpu is < 0 or >= MostCpus ? -(int)Errno.EINVAL : Sys.sched_getaffinity(_before);
        if (result >= 0)
        {
            wanted[cpu / Bits] = 1UL << (cpu % Bits);
            result = Sys.sched_setaffinity(wanted);
        }

        if (result < 0)
        {
            throw LinuxErrors.Refused("sched_setaffinity", result, string.Create(CultureInfo.InvariantCulture, $"CPU {cpu}"));
        }
    }

    public void Dispose() => Sys.sched_setaffinity(_before);

    /// <summary>CPUs that the calling thread may run on.</summary>
    internal static IReadOnlyList<int> Usable()
    {
        ulong[] mask = new ulong[MostCpus / Bits];
        nint result = Sys.sched_getaffinity(mask);
        return result < 0
            ? throw LinuxErrors.Refused("sched_getaffinity", result, "this thread")
            : [.. Enumerable.Range(0, MostCpus).Where(cpu => (mask[cpu / Bits] >> (cpu % Bits) & 1) != 0)];
    }
}
