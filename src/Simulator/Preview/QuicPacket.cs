using System.Buffers.Binary;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Simulator.Preview;

/// <summary>Tells QUIC by its long headers (RFC 8999 §5.1), which every connection begins with.</summary>
internal static class QuicPacket
{
    private const int UdpHeaderLength = 8;
    private const int LongestConnectionId = 20;
    private const uint Version1 = 1;
    private const uint Version2 = 0x6B3343CF;

    /// <summary>Whether a packet is a datagram with a long header of version 1 or 2.</summary>
    public static bool HasLongHeader(in Packet packet)
    {
        int at = packet.TransportOffset + UdpHeaderLength;
        ReadOnlySpan<byte> payload = packet.Flow.Protocol == TransportProtocol.Udp && packet.Data.Length >= at + 6 ? packet.Data.Span[at..] : default;
        return !payload.IsEmpty
            && (payload[0] & 0xC0) == 0xC0
            && BinaryPrimitives.ReadUInt32BigEndian(payload[1..]) is Version1 or Version2
            && payload[5] <= LongestConnectionId;
    }
}
