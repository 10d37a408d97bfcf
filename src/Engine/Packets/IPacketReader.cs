using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Packets;

/// <summary>Reads packets in order, streaming: memory does not grow with the length of the trace.</summary>
public interface IPacketReader : IDisposable
{
    /// <summary>What was read and what was passed over, so far.</summary>
    TraceStatistics Statistics { get; }

    /// <summary>How far the reading is, from 0 to 1, or null when the length is unknown.</summary>
    double? Progress { get; }

    /// <summary>Why the reading ended before the trace did (a truncated or damaged file), or null.</summary>
    Diagnostic? Failure { get; }

    /// <summary>The first record that was passed over as malformed, with its place, where the reader can say what is wrong with it; else null.</summary>
    Diagnostic? FirstLoss => null;

    /// <summary>The next packet; false at the end or at a <see cref="Failure"/>.</summary>
    bool TryRead(out Packet packet);

    /// <summary>The next packets, all of them valid until the next reading: as many as are at hand, at least one unless it is at its end.</summary>
    /// <param name="packets">Where to put them; not empty.</param>
    /// <returns>How many there are; 0 at the end or at a <see cref="Failure"/>.</returns>
    int Read(Span<Packet> packets) => TryRead(out packets[0]) ? 1 : 0;
}
