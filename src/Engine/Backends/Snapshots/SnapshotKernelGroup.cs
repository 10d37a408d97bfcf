using System.Collections.Immutable;
using ReuseportPS.Engine.Backends.Groups;

namespace ReuseportPS.Engine.Backends.Snapshots;

/// <summary>A kernel group in a snapshot.</summary>
/// <param name="Key">What it is told apart by. The namespace is the host's own and means nothing elsewhere.</param>
/// <param name="Members">Cookies of its members, in the kernel's order where <paramref name="IsOrderKnown"/>.</param>
/// <param name="IsOrderKnown">Whether the kernel's order could be seen.</param>
public sealed record SnapshotKernelGroup(KernelGroupKey Key, ImmutableArray<ulong> Members, bool IsOrderKnown);
