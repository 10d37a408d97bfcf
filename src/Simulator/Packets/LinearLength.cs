using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Simulator.Packets;

/// <summary>
/// How much of a packet lies in the linear part of its buffer, which is all that a program reaches by direct access. It depends on the
/// device; this is what Linux 6.18 does for packets sent over loopback (measured: datagrams by bisection, segments by their headers).
/// </summary>
public static class LinearLength
{
    /// <summary>Longest UDP header and payload over IPv4 that loopback keeps in one piece.</summary>
    public const int LargestUdp4 = 16012;

    /// <summary>Longest UDP header and payload over IPv6 that loopback keeps in one piece.</summary>
    public const int LargestUdp6 = 15999;

    private const int UdpHeaderLength = 8;
    private const int ShortestTcpHeader = 20;
    private const int DataOffsetByte = 12;

    /// <summary>Bytes from the transport header on: a datagram whole, or its header only when it is long; of a TCP segment the header.</summary>
    public static int OnLoopback(in Packet packet)
    {
        if (packet.Flow.Protocol == TransportProtocol.Udp)
        {
            int largest = packet.Flow.Family == IpFamily.V4 ? LargestUdp4 : LargestUdp6;
            return packet.TransportLength <= largest ? packet.TransportLength : UdpHeaderLength;
        }

        return Math.Min(TcpHeader(packet), packet.TransportLength);
    }

    /// <summary>Length of a TCP header with its options, in bytes, as the header says; at least 20.</summary>
    public static int TcpHeader(in Packet packet)
    {
        ReadOnlySpan<byte> header = packet.Data.Span[packet.TransportOffset..];
        int length = header.Length > DataOffsetByte ? (header[DataOffsetByte] >> 4) * 4 : ShortestTcpHeader;
        return Math.Max(length, ShortestTcpHeader);
    }
}
