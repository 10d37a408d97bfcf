using System.Diagnostics.CodeAnalysis;

namespace ReuseportPS.Engine.Packets;

/// <summary>
/// One packet as the reuseport layer meets it: IP fragments already reassembled. <see cref="Data"/> belongs to the reader and is
/// valid until its next read.
/// </summary>
/// <remarks>Its parts are fields that a reader sets one by one: a copy of what was just written in smaller parts waits for the processor to put them together.</remarks>
public struct Packet
{
    private ReadOnlyMemory<byte> _data;
    private FlowKey _flow;
    private int _transportOffset;
    private int _transportLength;
    private byte _tcpFlags;

    /// <summary>Time of the packet in nanoseconds since the Unix epoch (or since the start of a generated trace).</summary>
    public required long Timestamp { readonly get; set; }

    /// <summary>CPU it was processed on, or -1 when the trace does not say.</summary>
    public int Cpu { readonly get; set; }

    /// <summary>The captured bytes, from the network header on.</summary>
    public required ReadOnlyMemory<byte> Data
    {
        readonly get => _data;
        init => _data = value;
    }

    /// <summary>Offset of the transport header in <see cref="Data"/> (after IPv4 options or IPv6 extension headers).</summary>
    public required int TransportOffset
    {
        readonly get => _transportOffset;
        init => _transportOffset = value;
    }

    /// <summary>Length of transport header and payload as sent, in bytes; more than the captured bytes when the capture was cut.</summary>
    public required int TransportLength
    {
        readonly get => _transportLength;
        init => _transportLength = value;
    }

    /// <summary>The five-tuple.</summary>
    public required FlowKey Flow
    {
        readonly get => _flow;
        init => _flow = value;
    }

    /// <summary><see cref="Flow"/> where it lies, for those who look at it once for each packet of a long trace.</summary>
    [UnscopedRef]
    public readonly ref readonly FlowKey FlowInPlace => ref _flow;

    /// <summary>Flags byte of a TCP header (CWR..FIN); 0 for UDP.</summary>
    public byte TcpFlags
    {
        readonly get => _tcpFlags;
        init => _tcpFlags = value;
    }

    /// <summary>Position in its trace, counted from 0 over all packets of the file, decided or not.</summary>
    public long Index { readonly get; set; }

    /// <summary>True when the capture holds less of the packet than was sent.</summary>
    public readonly bool IsCutShort => Data.Length < TransportOffset + TransportLength;

    /// <summary>True for a TCP segment that opens a connection: SYN without ACK, RST or FIN.</summary>
    public readonly bool IsPureSyn => Flow.Protocol == TransportProtocol.Tcp && (TcpFlags & 0x17) == 0x02;

    /// <summary>Sets what was found in a frame; where and when it was is not known yet.</summary>
    internal static void Set(ref Packet packet, ReadOnlyMemory<byte> data, int transportOffset, int transportLength, in FlowKey flow, byte tcpFlags)
    {
        packet._data = data;
        packet._flow = flow;
        packet._transportOffset = transportOffset;
        packet._transportLength = transportLength;
        packet._tcpFlags = tcpFlags;
        packet.Timestamp = 0;
        packet.Cpu = -1;
        packet.Index = 0;
    }
}
