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
    private const int FragmentHeaderLength = 8;
    private const int ShortestTcpHeader = 20;
    private const int DataOffsetByte = 12;

    /// <summary>
    /// Bytes from the transport header on: a datagram, or the first fragment of one that is longer than the MTU, whole, or its header only when it is long; of a
    /// TCP segment the header.
    /// </summary>
    public static int OnLoopback(in Packet packet, int mtu = 65536)
    {
        if (packet.Flow.Protocol == TransportProtocol.Udp)
        {
            int length = packet.TransportLength;
            int largest = packet.Flow.Family == IpFamily.V4 ? LargestUdp4 : LargestUdp6;
            int first = FirstFragment(packet.Flow.Family, length, mtu);
            return first > largest ? UdpHeaderLength
                : length - first <= RoomBehind(packet.Flow.Family, first) && length - first <= first ? length
                : first;
        }

        return Math.Min(TcpHeader(packet), packet.TransportLength);
    }

    private static int FirstFragment(IpFamily family, int length, int mtu)
    {
        int header = IpHeader.LengthOf(family);
        return header + length <= mtu ? length : (mtu - header - (family == IpFamily.V6 ? FragmentHeaderLength : 0)) & ~7;
    }

    /// <summary>
    /// Bytes that the buffer of a first fragment has left over: with what the kernel puts before and after it its size is a power of two. The second fragment
    /// is copied there when it fits. (ip_append_data, skb_try_coalesce)
    /// </summary>
    private static int RoomBehind(IpFamily family, int first)
    {
        const int LinkHeader = 16;
        const int Alignment = 64;
        const int SharedInfo = 320;
        int used = LinkHeader + IpHeader.LengthOf(family) + (family == IpFamily.V6 ? FragmentHeaderLength : 0) + first;
        int asked = ((used + (family == IpFamily.V4 ? LinkHeader - 1 : 0) + Alignment - 1) & -Alignment) + SharedInfo;
        return (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)asked) - SharedInfo - used;
    }

    /// <summary>Length of a TCP header with its options, in bytes, as the header says; at least 20.</summary>
    public static int TcpHeader(in Packet packet)
    {
        ReadOnlySpan<byte> header = packet.Data.Span[packet.TransportOffset..];
        int length = header.Length > DataOffsetByte ? (header[DataOffsetByte] >> 4) * 4 : ShortestTcpHeader;
        return Math.Max(length, ShortestTcpHeader);
    }
}
