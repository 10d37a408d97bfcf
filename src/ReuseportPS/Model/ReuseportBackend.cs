using ReuseportPS.Engine.Backends;

namespace ReuseportPS.Model;

/// <summary>The backend that commands act on.</summary>
/// <param name="Kind">Simulator or Linux.</param>
/// <param name="KernelVersion">Kernel it runs on or reproduces.</param>
/// <param name="CpuCount">Possible CPUs.</param>
/// <param name="Seed">Seed of a simulator.</param>
/// <param name="ChosenBy">What chose it.</param>
public sealed record ReuseportBackend(BackendKind Kind, string KernelVersion, int CpuCount, ulong? Seed, string ChosenBy);
