using System.Buffers.Binary;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Simulator.Recording;

/// <summary>Builds one IP packet at a time in its own buffer, with checksums.</summary>
internal sealed class PacketBuilder(int largestPayload)
{
    private const int LongestHeaders = 40 + 40;
    private const byte TimeToLive = 64;
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

    public static int NetworkHeaderLength(IpFamily family) => family == IpFamily.V4 ? 20 : 40;

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
        ushort checksum = TransportChecksum(flow, udp);
        BinaryPrimitives.WriteUInt16BigEndian(udp[6..], checksum == 0 ? (ushort)0xFFFF : checksum);
        return NetworkHeaderLength(flow.Family) + length;
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
        BinaryPrimitives.WriteUInt16BigEndian(tcp[16..], TransportChecksum(flow, tcp));
        return NetworkHeaderLength(flow.Family) + length;
    }

    /// <summary>Writes the network header and returns where the transport header and its payload go.</summary>
    private Span<byte> WriteNetworkHeader(in FlowKey flow, ushort identification, int transportLength)
    {
        Span<byte> ip = _packet;
        if (flow.Family == IpFamily.V4)
        {
            ip[0] = 0x45;
            ip[1] = 0;
            BinaryPrimitives.WriteUInt16BigEndian(ip[2..], (ushort)(20 + transportLength));
            BinaryPrimitives.WriteUInt16BigEndian(ip[4..], identification);
            BinaryPrimitives.WriteUInt16BigEndian(ip[6..], 0x4000); // do not fragment
            ip[8] = TimeToLive;
            ip[9] = (byte)flow.Protocol;
            ip[10..12].Clear();
            BinaryPrimitives.WriteUInt32BigEndian(ip[12..], (uint)flow.Source);
            BinaryPrimitives.WriteUInt32BigEndian(ip[16..], (uint)flow.Destination);
            BinaryPrimitives.WriteUInt16BigEndian(ip[10..], Fold(Sum(ip[..20])));
            return ip.Slice(20, transportLength);
        }

        BinaryPrimitives.WriteUInt32BigEndian(ip, 6u << 28);
        BinaryPrimitives.WriteUInt16BigEndian(ip[4..], (ushort)transportLength);
        ip[6] = (byte)flow.Protocol;
        ip[7] = TimeToLive;
        BinaryPrimitives.WriteUInt128BigEndian(ip[8..], flow.Source);
        BinaryPrimitives.WriteUInt128BigEndian(ip[24..], flow.Destination);
        return ip.Slice(40, transportLength);
    }

    /// <summary>The checksum over pseudo-header, header and payload (RFC 768, RFC 9293 §3.1, RFC 8200 §8.1).</summary>
    private ushort TransportChecksum(in FlowKey flow, ReadOnlySpan<byte> transport)
    {
        ReadOnlySpan<byte> addresses = flow.Family == IpFamily.V4 ? _packet.AsSpan(12, 8) : _packet.AsSpan(8, 32);
        return Fold(Sum(addresses) + (ulong)flow.Protocol + (ulong)transport.Length + Sum(transport));
    }

    /// <summary>The sum of the 16-bit words, an odd last byte taken as the high one.</summary>
    private static ulong Sum(ReadOnlySpan<byte> bytes)
    {
        ulong sum = 0;
        for (; bytes.Length >= 4; bytes = bytes[4..])
        {
            sum += BinaryPrimitives.ReadUInt32BigEndian(bytes);
        }

        for (; bytes.Length >= 2; bytes = bytes[2..])
        {
            sum += BinaryPrimitives.ReadUInt16BigEndian(bytes);
        }

        return bytes.IsEmpty ? sum : sum + ((ulong)bytes[0] << 8);
    }

    private static ushort Fold(ulong sum)
    {
        while (sum > 0xFFFF)
        {
            sum = (sum & 0xFFFF) + (sum >> 16);
        }

        return (ushort)~sum;
    }
}
