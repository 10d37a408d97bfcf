using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Simulator.Recording;

/// <summary>A trace that can be read from the middle.</summary>
internal interface ISegmentedSource : IPacketSource
{
    /// <summary>Divides it into segments of about the same length, for several threads; null when it is too short or cannot be divided.</summary>
    /// <param name="count">How many.</param>
    ITraceSegments? Divide(int count);
}
