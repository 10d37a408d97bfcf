using System.Buffers.Binary;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Contract;

/// <summary>TCP segments as no socket would send them: a header without options behind an IP header, with checksums.</summary>
public static class RawSegment
{
    public const byte Fin = 0x01;
    public const byte Syn = 0x02;
    public const byte Reset = 0x04;
    public const byte Ack = 0x10;

    private const int HeaderLength = 20;

    public static byte[] Build(FlowKey flow, byte flags, uint sequence = 1000, uint acknowledgement = 2000)
    {
        bool isV4 = flow.Family == IpFamily.V4;
        int offset = isV4 ? 20 : 40;
        byte[] packet = new byte[offset + HeaderLength];
        Span<byte> tcp = packet.AsSpan(offset);
        BinaryPrimitives.WriteUInt16BigEndian(tcp, flow.SourcePort);
        BinaryPrimitives.WriteUInt16BigEndian(tcp[2..], flow.DestinationPort);
        BinaryPrimitives.WriteUInt32BigEndian(tcp[4..], sequence);
        BinaryPrimitives.WriteUInt32BigEndian(tcp[8..], (flags & Ack) != 0 ? acknowledgement : 0);
        tcp[12] = HeaderLength / 4 << 4;
        tcp[13] = flags;
        BinaryPrimitives.WriteUInt16BigEndian(tcp[14..], 64240);

        Span<byte> pseudo = stackalloc byte[40];
        BinaryPrimitives.WriteUInt128BigEndian(pseudo, flow.Source);
        BinaryPrimitives.WriteUInt128BigEndian(pseudo[16..], flow.Destination);
        BinaryPrimitives.WriteUInt32BigEndian(pseudo[32..], HeaderLength);
        pseudo[39] = (byte)flow.Protocol;
        BinaryPrimitives.WriteUInt16BigEndian(tcp[16..], (ushort)~Fold(Sum(pseudo) + Sum(tcp)));

        if (isV4)
        {
            packet[0] = 0x45;
            BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), (ushort)packet.Length);
            packet[8] = 64;
            packet[9] = (byte)flow.Protocol;
            BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(12), (uint)flow.Source);
            BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(16), (uint)flow.Destination);
            BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(10), (ushort)~Fold(Sum(packet.AsSpan(0, 20))));
        }
        else
        {
            packet[0] = 0x60;
            BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(4), HeaderLength);
            packet[6] = (byte)flow.Protocol;
            packet[7] = 64;
            BinaryPrimitives.WriteUInt128BigEndian(packet.AsSpan(8), flow.Source);
            BinaryPrimitives.WriteUInt128BigEndian(packet.AsSpan(24), flow.Destination);
        }

        return packet;
    }

    private static uint Sum(ReadOnlySpan<byte> bytes)
    {
        uint sum = 0;
        for (; bytes.Length >= 2; bytes = bytes[2..])
        {
            sum += BinaryPrimitives.ReadUInt16BigEndian(bytes);
        }

        return sum;
    }

    private static uint Fold(uint sum)
    {
        sum = (sum >> 16) + (sum & 0xffff);
        return (sum >> 16) + (sum & 0xffff);
    }
}
