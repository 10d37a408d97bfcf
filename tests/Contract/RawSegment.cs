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

    public static byte[] Build(FlowKey flow, byte flags, uint sequence = 1000, uint acknowledgement = 2000, int options = 0)
    {
        byte[] segment = new byte[HeaderLength];
        Span<byte> tcp = segment;
        BinaryPrimitives.WriteUInt16BigEndian(tcp, flow.SourcePort);
        BinaryPrimitives.WriteUInt16BigEndian(tcp[2..], flow.DestinationPort);
        BinaryPrimitives.WriteUInt32BigEndian(tcp[4..], sequence);
        BinaryPrimitives.WriteUInt32BigEndian(tcp[8..], (flags & Ack) != 0 ? acknowledgement : 0);
        tcp[12] = HeaderLength / 4 << 4;
        tcp[13] = flags;
        BinaryPrimitives.WriteUInt16BigEndian(tcp[14..], 64240);

        return RawNetworkHeader.Before(flow, segment, checksumAt: 16, options);
    }
}
