namespace ReuseportPS.Engine.Execution;

/// <summary>What a program can ask of the machine around it: clocks, CPU, random numbers. All are inputs; the host sets them before a run.</summary>
public sealed class ExecutionEnvironment
{
    private ulong _random;

    /// <summary>CPU that the program runs on; chooses the value of a per-CPU map.</summary>
    public int Cpu { get; set; }

    /// <summary>NUMA node of that CPU.</summary>
    public int NumaNode { get; set; }

    /// <summary>CLOCK_MONOTONIC in nanoseconds: helper 5.</summary>
    public ulong MonotonicTime { get; set; }

    /// <summary>CLOCK_BOOTTIME in nanoseconds: helper 125.</summary>
    public ulong BootTime { get; set; }

    /// <summary>CLOCK_MONOTONIC_COARSE in nanoseconds: helper 160.</summary>
    public ulong CoarseTime { get; set; }

    /// <summary>CLOCK_TAI in nanoseconds: helper 208.</summary>
    public ulong TaiTime { get; set; }

    /// <summary>Timer ticks a second (CONFIG_HZ): what helper 118 counts.</summary>
    public int TicksPerSecond { get; set; } = 250;

    /// <summary>
    /// jiffies: helper 118. The kernel begins to count 300 seconds before a 32-bit counter overflows, when it boots; the monotonic clock begins then too.
    /// </summary>
    public ulong Ticks => (uint)(-300 * TicksPerSecond) + (ulong)((UInt128)MonotonicTime * (uint)TicksPerSecond / 1_000_000_000);

    /// <summary>The task that the packet interrupts: helpers 14, 15, 17, 80, 120 and 123.</summary>
    public CurrentTask Task { get; set; } = CurrentTask.Idle;

    /// <summary>State of the random numbers; set it to a seed.</summary>
    public ulong RandomState
    {
        get => _random;
        set => _random = value;
    }

    /// <summary>The next random number: the upper half of SplitMix64's, a sequence fixed by its published definition.</summary>
    public uint NextRandom()
    {
        ulong z = _random += 0x9e3779b97f4a7c15;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return (uint)((z ^ (z >> 31)) >> 32);
    }
}
