using System.Buffers.Binary;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Contract;

/// <summary>Datagrams behind IP headers that a socket would not write.</summary>
public static class RawDatagram
{
    private const int HeaderLength = 8;

    public static byte[] Build(FlowKey flow, ReadOnlySpan<byte> payload, int options = 0)
    {
        byte[] datagram = new byte[HeaderLength + payload.Length];
        BinaryPrimitives.WriteUInt16BigEndian(datagram, flow.SourcePort);
        BinaryPrimitives.WriteUInt16BigEndian(datagram.AsSpan(2), flow.DestinationPort);
        BinaryPrimitives.WriteUInt16BigEndian(datagram.AsSpan(4), (ushort)datagram.Length);
        payload.CopyTo(datagram.AsSpan(HeaderLength));
        return RawNetworkHeader.Before(flow, datagram, checksumAt: 6, options);
    }
}
