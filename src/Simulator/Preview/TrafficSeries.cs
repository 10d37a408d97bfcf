using System.Collections.Immutable;

namespace ReuseportPS.Simulator.Preview;

/// <summary>Traffic over time. A trace too long for a second each has stretches of 2, 4, 8 … seconds: there are at most some four million numbers.</summary>
/// <param name="SecondsPerBucket">Length of a stretch.</param>
/// <param name="Buckets">The stretches with a packet, in order.</param>
public sealed record TrafficSeries(long SecondsPerBucket, ImmutableArray<TrafficBucket> Buckets)
{
    /// <summary>Packets in the busiest stretch of a slot.</summary>
    internal long PeakOf(int slot) => Buckets.IsEmpty ? 0 : Buckets.Max(bucket => bucket.Packets[slot]);
}
