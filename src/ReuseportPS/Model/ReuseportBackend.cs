using System.Collections.Immutable;
using ReuseportPS.Engine.Backends;

namespace ReuseportPS.Model;

/// <summary>The backend that commands act on.</summary>
/// <param name="Kind">Simulator or Linux.</param>
/// <param name="KernelVersion">Kernel it runs on or reproduces.</param>
/// <param name="CpuCount">Possible CPUs.</param>
/// <param name="Seed">Seed of a simulator.</param>
/// <param name="ChosenBy">What chose it.</param>
/// <param name="Unchecked">What of a simulator's behaviour nobody has compared with a kernel; empty when all was.</param>
public sealed record ReuseportBackend(BackendKind Kind, string KernelVersion, int CpuCount, ulong? Seed, string ChosenBy, ImmutableArray<string> Unchecked)
{
    internal static ReuseportBackend Of(BackendInfo info, string chosenBy) =>
        new(info.Kind, info.KernelVersion, info.CpuCount, info.Seed, chosenBy, info.Unchecked);
}
