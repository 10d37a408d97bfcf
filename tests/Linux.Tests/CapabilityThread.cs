using ReuseportPS.Linux.Interop;

namespace ReuseportPS.Linux.Tests;

/// <summary>Runs something on a thread that has given up its capabilities, which belong to a thread and never come back: it ends with what it ran.</summary>
internal static unsafe class CapabilityThread
{
    public const int DacReadSearch = 2;
    public const int NetAdmin = 12;
    public const int SysPtrace = 19;
    public const int Perfmon = 38;
    public const int Bpf = 39;

    /// <param name="capabilities">Those that are kept.</param>
    /// <param name="user">The user to be, and with <paramref name="group"/> the only groups.</param>
    /// <param name="group">The Unix group to be in; null leaves the groups as they are.</param>
    /// <param name="action">What is run.</param>
    public static void Run(int[] capabilities, int user, int? group, Action action)
    {
        Exception? failure = null;
        Thread thread = new(() =>
        {
            try
            {
                Drop(capabilities, user, group);
                action();
            }
            catch (Exception exception)
            {
                failure = exception;
            }
        });
        thread.Start();
        thread.Join();
        if (failure is not null)
        {
            throw new InvalidOperationException("On the thread without capabilities: " + failure, failure);
        }
    }

    // By number, x86-64 and arm64: libc's functions would change every thread of the process.
    private static void Drop(int[] capabilities, int user, int? group)
    {
        const Syscall prctl = (Syscall)(157 | (167 << 16));
        const Syscall setresuid = (Syscall)(117 | (147 << 16));
        const Syscall setresgid = (Syscall)(119 | (149 << 16));
        const Syscall setgroups = (Syscall)(116 | (159 << 16));
        const Syscall capset = (Syscall)(126 | (91 << 16));
        const int KeepCapabilities = 8;
        const int SetDumpable = 4;
        Assert.Equal(0, Sys.Invoke(prctl, KeepCapabilities, 1));
        if (group is int only)
        {
            Assert.Equal(0, Sys.Invoke(setgroups, 1, (nint)(&only)));
            Assert.Equal(0, Sys.Invoke(setresgid, only, only, only));
        }

        Assert.Equal(0, Sys.Invoke(setresuid, user, user, user));
        ulong wanted = capabilities.Aggregate(0UL, (set, capability) => set | (1UL << capability));
        ulong header = Sys._LINUX_CAPABILITY_VERSION_3;
        uint* data = stackalloc uint[6] { (uint)wanted, (uint)wanted, 0, (uint)(wanted >> 32), (uint)(wanted >> 32), 0 };
        Assert.Equal(0, Sys.Invoke(capset, (nint)(&header), (nint)data));
        Assert.Equal(0, Sys.Invoke(prctl, SetDumpable, 1)); // a change of user takes it from the whole process
    }
}
