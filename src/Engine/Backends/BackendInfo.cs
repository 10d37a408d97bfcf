using System.Collections.Immutable;

namespace ReuseportPS.Engine.Backends;

/// <summary>What a backend is.</summary>
/// <param name="Kind">Simulator or Linux.</param>
/// <param name="KernelVersion">Kernel version it runs on or reproduces, such as <c>6.18</c>.</param>
/// <param name="CpuCount">CPUs that a per-CPU map has values for (possible CPUs).</param>
/// <param name="Seed">Seed of a simulator; null on Linux.</param>
public sealed record BackendInfo(BackendKind Kind, string KernelVersion, int CpuCount, ulong? Seed)
{
    /// <summary>What of a simulator's behaviour nobody has compared with a kernel: one sentence each; empty when all was.</summary>
    public ImmutableArray<string> Unchecked { get; init; } = [];
}
