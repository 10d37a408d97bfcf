using ReuseportPS.Simulator.Hashing;

namespace ReuseportPS.Simulator;

/// <summary>The inputs of a simulated host.</summary>
public sealed record SimulatorOptions
{
    /// <summary>The one kernel version that is reproduced.</summary>
    public const string SupportedKernelVersion = "6.18";

    /// <summary>Seed of everything random: hash secrets, ephemeral ports, sequence numbers, what programs draw.</summary>
    public ulong Seed { get; init; }

    /// <summary>CPUs, 1 to 4096.</summary>
    public int CpuCount { get; init; } = 4;

    /// <summary>Kernel version to reproduce; only <see cref="SupportedKernelVersion"/>.</summary>
    public string KernelVersion { get; init; } = SupportedKernelVersion;

    /// <summary>The hash secrets of a recorded host, or null for those of the seed.</summary>
    public HashSecrets? HashSecrets { get; init; }

    /// <summary>The TCP formula of a recorded host, or null for that of the kernel version.</summary>
    public TcpHashFormula? TcpHashFormula { get; init; }

    /// <summary>
    /// Runs of a program in the interpreter before it is compiled, which takes some milliseconds and pays off after some thousand packets. Both give the same
    /// outcomes; 0 compiles at the first run, <see cref="int.MaxValue"/> practically never.
    /// </summary>
    public int InterpretedRuns { get; init; } = 1000;
}
