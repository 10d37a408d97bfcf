namespace ReuseportPS.Engine.Packets;

/// <summary>Where things are in a frame: what <see cref="PacketParser"/> finds out.</summary>
public readonly struct PacketHeaders
{
    /// <summary>Offset of the network header in the frame.</summary>
    public required int NetworkOffset { get; init; }

    /// <summary>Captured bytes from the network header on, without link-layer padding.</summary>
    public required int CapturedLength { get; init; }

    /// <summary>Offset of the transport header from the network header.</summary>
    public required int TransportOffset { get; init; }

    /// <summary>Length of transport header and payload as sent, in bytes.</summary>
    public required int TransportLength { get; init; }

    /// <summary>The five-tuple.</summary>
    public required FlowKey Flow { get; init; }

    /// <summary>Flags byte of a TCP header; 0 for UDP.</summary>
    public required byte TcpFlags { get; init; }

    /// <summary>The packet of the frame that was parsed. It refers to the frame's memory.</summary>
    /// <param name="frame">The frame, from its link-layer header on.</param>
    /// <param name="timestamp">Nanoseconds since the Unix epoch.</param>
    /// <param name="index">Position in the trace.</param>
    /// <param name="cpu">CPU that it was processed on, or -1.</param>
    public Packet ToPacket(ReadOnlyMemory<byte> frame, long timestamp, long index, int cpu = -1) => new()
    {
        Timestamp = timestamp,
        Cpu = cpu,
        Data = frame.Slice(NetworkOffset, CapturedLength),
        TransportOffset = TransportOffset,
        TransportLength = TransportLength,
        Flow = Flow,
        TcpFlags = TcpFlags,
        Index = index,
    };
}
