using System.Collections.Immutable;
using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Simulator.Snapshots;

/// <summary>What became of reading a snapshot.</summary>
/// <param name="Snapshot">The snapshot; null when there are errors.</param>
/// <param name="Diagnostics">The findings.</param>
public sealed record SnapshotReading(HostSnapshot? Snapshot, ImmutableArray<Diagnostic> Diagnostics);
