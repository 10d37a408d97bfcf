namespace ReuseportPS.Engine.Backends.Groups;

/// <summary>One entry of a kernel group's sockarray.</summary>
/// <param name="KernelGroup">The kernel group.</param>
/// <param name="Cookie">Cookie of the member in the seat, or 0 when it is empty.</param>
public sealed record SeatStatus(KernelGroupKey KernelGroup, ulong Cookie);
