using System.Collections.Immutable;
using ReuseportPS.Simulator.Cpus;
using ReuseportPS.Simulator.Hashing;

namespace ReuseportPS.Simulator;

/// <summary>The inputs of a simulated host.</summary>
public sealed record SimulatorOptions
{
    /// <summary>The kernel version that everything was compared with.</summary>
    public const string CheckedKernelVersion = "6.18";

    /// <summary>Seed of everything random: hash secrets, ephemeral ports, sequence numbers, what programs draw.</summary>
    public ulong Seed { get; init; }

    /// <summary>CPUs, 1 to 4096.</summary>
    public int CpuCount { get; init; } = 4;

    /// <summary>NUMA node of each CPU; empty when all are on node 0.</summary>
    public ImmutableArray<int> NumaNodes { get; init; } = [];

    /// <summary>What says on which CPU a packet of a trace is processed.</summary>
    public PacketCpuSource PacketCpuSource { get; init; }

    /// <summary>The CPU for <see cref="PacketCpuSource.Pinned"/>, and for packets whose CPU a trace does not tell.</summary>
    public int PinnedCpu { get; init; }

    /// <summary>The network card for <see cref="PacketCpuSource.Rss"/>; null for the published key and a table that goes round all CPUs.</summary>
    public ReceiveSideScaling? ReceiveSideScaling { get; init; }

    /// <summary>Kernel version to reproduce: 5.10, 5.15, 6.1, 6.6, 6.12 or 6.18.</summary>
    public string KernelVersion { get; init; } = CheckedKernelVersion;

    /// <summary>The hash secrets of a recorded host, or null for those of the seed.</summary>
    public HashSecrets? HashSecrets { get; init; }

    /// <summary>The TCP formula of a recorded host, or null for that of the kernel version.</summary>
    public TcpHashFormula? TcpHashFormula { get; init; }

    /// <summary>
    /// Runs of a program in the interpreter before it is compiled, which takes some milliseconds and pays off after some thousand packets. Both give the same
    /// outcomes; 0 compiles at the first run, <see cref="int.MaxValue"/> practically never.
    /// </summary>
    public int InterpretedRuns { get; init; } = 1000;

    /// <summary>What of these options nobody has compared with a kernel: one sentence each.</summary>
    public ImmutableArray<string> Unchecked
    {
        get
        {
            ImmutableArray<string>.Builder findings = ImmutableArray.CreateBuilder<string>();
            if (KernelVersion != CheckedKernelVersion)
            {
                findings.Add($"What kernel {KernelVersion} does differently from {CheckedKernelVersion} was not checked against a kernel (docs/kernel-versions.md).");
            }

            if (NumaNodes.Any(node => node != 0))
            {
                findings.Add("NUMA nodes other than 0 were not checked against a kernel.");
            }

            return findings.ToImmutable();
        }
    }
}
