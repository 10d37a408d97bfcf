using System.Collections.Immutable;

namespace ReuseportPS.Simulator.Preview;

/// <summary>Packets of a stretch of time.</summary>
/// <param name="Second">When it begins: seconds since the epoch of the trace.</param>
/// <param name="Packets">Packets by slot, then those left to the kernel, and those rejected.</param>
public sealed record TrafficBucket(long Second, ImmutableArray<long> Packets);
