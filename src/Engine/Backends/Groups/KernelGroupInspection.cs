using System.Collections.Immutable;

namespace ReuseportPS.Engine.Backends.Groups;

/// <summary>One kernel group of a managed group as it is found.</summary>
/// <param name="Key">The kernel group.</param>
/// <param name="Seats">Cookie in each slot's seat, 0 for an empty one.</param>
/// <param name="ExpectsProgram">Whether a program of this project is on record for it.</param>
internal sealed record KernelGroupInspection(KernelGroupKey Key, ImmutableArray<ulong> Seats, bool ExpectsProgram);
