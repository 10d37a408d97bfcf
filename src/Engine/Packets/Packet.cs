namespace ReuseportPS.Engine.Packets;

/// <summary>
/// One packet as the reuseport layer meets it: IP fragments already reassembled. <see cref="Data"/> belongs to the reader and is
/// valid until its next read.
/// </summary>
public readonly struct Packet
{
    /// <summary>Time of the packet in nanoseconds since the Unix epoch (or since the start of a generated trace).</summary>
    public required long Timestamp { get; init; }

    /// <summary>CPU it was processed on, or -1 when the trace does not say.</summary>
    public int Cpu { get; init; }

    /// <summary>The captured bytes, from the network header on.</summary>
    public required ReadOnlyMemory<byte> Data { get; init; }

    /// <summary>Offset of the transport header in <see cref="Data"/> (after IPv4 options or IPv6 extension headers).</summary>
    public required int TransportOffset { get; init; }

    /// <summary>Length of transport header and payload as sent, in bytes; more than the captured bytes when the capture was cut.</summary>
    public required int TransportLength { get; init; }

    /// <summary>The five-tuple.</summary>
    public required FlowKey Flow { get; init; }

    /// <summary>Flags byte of a TCP header (CWR..FIN); 0 for UDP.</summary>
    public byte TcpFlags { get; init; }

    /// <summary>Position in its trace, counted from 0 over all packets of the file, decided or not.</summary>
    public long Index { get; init; }

    /// <summary>True for a TCP segment that opens a connection: SYN without ACK, RST or FIN.</summary>
    public bool IsPureSyn => Flow.Protocol == TransportProtocol.Tcp && (TcpFlags & 0x17) == 0x02;
}
