using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Model;

/// <summary>A trace that can be measured any number of times; the packets themselves are read again each time.</summary>
/// <param name="Name">What it is: a file name, or how it was generated.</param>
/// <param name="Source">Where the packets come from.</param>
/// <param name="Statistics">What one reading found.</param>
/// <param name="Duration">Time from the first packet to the last.</param>
/// <param name="Failure">Why the reading ended before the file did, or null.</param>
public sealed record PacketTrace(string Name, IPacketSource Source, TraceStatistics Statistics, TimeSpan Duration, Diagnostic? Failure)
{
    /// <summary>The first row that was passed over, and why, where the format allows to say so; else null.</summary>
    public Diagnostic? FirstLoss { get; init; }

    /// <summary>TCP and UDP packets in it.</summary>
    public long Packets => Statistics.Packets;

    /// <inheritdoc/>
    public override string ToString() => Name;
}
