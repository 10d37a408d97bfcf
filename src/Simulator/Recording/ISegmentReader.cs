using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Simulator.Recording;

/// <summary>Reads one segment of a trace, begun without knowledge of what stands before it.</summary>
internal interface ISegmentReader : IPacketReader
{
    /// <summary>Whether it has read, to its end, what a reader of the whole trace would have read there. Both must have ended.</summary>
    /// <param name="before">The reader of the segment before; null for the first.</param>
    bool Follows(ISegmentReader? before);

    /// <summary>Goes on with what the segments before it left: its statistics are those of all, and so is what a reader of the rest begins with.</summary>
    void Join(ISegmentReader before);
}
