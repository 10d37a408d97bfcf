using ReuseportPS.Linux.Interop;

namespace ReuseportPS.Linux.Tests.Contract;

/// <summary>The calling thread on one CPU, until disposed on the same thread. (sched_setaffinity)</summary>
internal sealed unsafe class CpuPin : IDisposable
{
    private const Syscall SetAffinity = (Syscall)(203 | (122 << 16));
    private const Syscall GetAffinity = (Syscall)(204 | (123 << 16));

    private readonly ulong[] _before = new ulong[16];
    private readonly int _length;

    public CpuPin(int cpu)
    {
        fixed (ulong* mask = _before)
        {
            _length = (int)Check(Sys.Invoke(GetAffinity, 0, _before.Length * sizeof(ulong), (nint)mask));
        }

        ulong[] one = new ulong[16];
        one[cpu / 64] = 1UL << (cpu % 64);
        Set(one, one.Length * sizeof(ulong));
    }

    public void Dispose() => Set(_before, _length);

    private static void Set(ulong[] cpus, int length)
    {
        fixed (ulong* mask = cpus)
        {
            _ = Check(Sys.Invoke(SetAffinity, 0, length, (nint)mask));
        }
    }

    private static nint Check(nint result) => result >= 0 ? result : throw new InvalidOperationException($"sched_setaffinity: errno {-result}");
}
