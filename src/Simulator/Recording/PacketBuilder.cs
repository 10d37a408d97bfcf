using System.Buffers.Binary;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Simulator.Packets;

namespace ReuseportPS.Simulator.Recording;

/// <summary>Builds one IP packet at a time in its own buffer, with checksums.</summary>
internal sealed class PacketBuilder(int largestPayload)
{
    private const int LongestHeaders = 40 + 40;
    private const ushort Window = 64240;
    private const byte Syn = 0x02;
    private const byte Ack = 0x10;

    /// <summary>What a Linux client offers: MSS 1460, SACK permitted, time stamps, window scale 7.</summary>
    private static ReadOnlySpan<byte> SynOptions =>
        [2, 4, 0x05, 0xB4, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7];

    private readonly byte[] _packet = new byte[LongestHeaders + largestPayload];
    private readonly byte[] _payload = new byte[largestPayload];

    /// <summary>Where a payload may be prepared.</summary>
    public Span<byte> Payload => _payload;

    /// <summary>The packet last written, followed by what was there before.</summary>
    public ReadOnlyMemory<byte> Memory => _packet;

    /// <summary>Writes a datagram and returns the length of the packet.</summary>
    public int WriteUdp(in FlowKey flow, ushort identification, ReadOnlySpan<byte> payload)
    {
        int length = 8 + payload.Length;
        Span<byte> udp = WriteNetworkHeader(flow, identification, length);
        BinaryPrimitives.WriteUInt16BigEndian(udp, flow.SourcePort);
        BinaryPrimitives.WriteUInt16BigEndian(udp[2..], flow.DestinationPort);
        BinaryPrimitives.WriteUInt16BigEndian(udp[4..], (ushort)length);
        udp[6..8].Clear();
        payload.CopyTo(udp[8..]);
        ushort checksum = IpHeader.TransportChecksum(flow, udp);
        BinaryPrimitives.WriteUInt16BigEndian(udp[6..], checksum == 0 ? (ushort)0xFFFF : checksum);
        return IpHeader.LengthOf(flow.Family) + length;
    }

    /// <summary>Writes a segment and returns the length of the packet. A SYN carries the usual options.</summary>
    public int WriteTcp(in FlowKey flow, ushort identification, byte flags, uint sequence, ReadOnlySpan<byte> payload)
    {
        ReadOnlySpan<byte> options = (flags & Syn) != 0 ? SynOptions : [];
        int headerLength = 20 + options.Length;
        int length = headerLength + payload.Length;
        Span<byte> tcp = WriteNetworkHeader(flow, identification, length);
        BinaryPrimitives.WriteUInt16BigEndian(tcp, flow.SourcePort);
        BinaryPrimitives.WriteUInt16BigEndian(tcp[2..], flow.DestinationPort);
        BinaryPrimitives.WriteUInt32BigEndian(tcp[4..], sequence);
        BinaryPrimitives.WriteUInt32BigEndian(tcp[8..], (flags & Ack) != 0 ? 1u : 0);
        tcp[12] = (byte)(headerLength / 4 << 4);
        tcp[13] = flags;
        BinaryPrimitives.WriteUInt16BigEndian(tcp[14..], Window);
        tcp[16..20].Clear();
        options.CopyTo(tcp[20..]);
        payload.CopyTo(tcp[headerLength..]);
        BinaryPrimitives.WriteUInt16BigEndian(tcp[16..], IpHeader.TransportChecksum(flow, tcp));
        return IpHeader.LengthOf(flow.Family) + length;
    }

    /// <summary>Writes the network header and returns where the transport header and its payload go.</summary>
    private Span<byte> WriteNetworkHeader(in FlowKey flow, ushort identification, int transportLength)
    {
        IpHeader.Write(_packet, flow, identification, transportLength);
        return _packet.AsSpan(IpHeader.LengthOf(flow.Family), transportLength);
    }
}
