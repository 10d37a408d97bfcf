using System.Buffers.Binary;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Engine.Tests.Policies;

/// <summary>Makes the bytes of a packet: a SYN or a datagram, with IPv4 options or IPv6 extension headers.</summary>
public static class PacketBytes
{
    /// <summary>A packet of a flow.</summary>
    /// <param name="flow">The flow.</param>
    /// <param name="extra">Words of 8 bytes between the network header and the transport header.</param>
    /// <param name="flags">Flags of a TCP segment.</param>
    /// <param name="payload">What a datagram carries.</param>
    public static Packet Create(FlowKey flow, int extra, byte flags = 0x02, params ReadOnlySpan<byte> payload)
    {
        bool tcp = flow.Protocol == TransportProtocol.Tcp;
        int between = flow.Family == IpFamily.V4 ? extra * 8 % 44 & ~3 : extra * 8;
        int transport = (flow.Family == IpFamily.V4 ? 20 : 40) + between;
        int length = tcp ? 20 : 8 + payload.Length;
        byte[] data = new byte[transport + length];
        if (flow.Family == IpFamily.V4)
        {
            data[0] = (byte)(0x40 | (transport / 4));
            BinaryPrimitives.WriteUInt16BigEndian(data.AsSpan(2), (ushort)data.Length);
            data[8] = 64;
            data[9] = (byte)flow.Protocol;
            BinaryPrimitives.WriteUInt32BigEndian(data.AsSpan(12), (uint)flow.Source);
            BinaryPrimitives.WriteUInt32BigEndian(data.AsSpan(16), (uint)flow.Destination);
            data.AsSpan(20, between).Fill(1);
        }
        else
        {
            data[0] = 0x60;
            BinaryPrimitives.WriteUInt16BigEndian(data.AsSpan(4), (ushort)(data.Length - 40));
            data[6] = extra > 0 ? (byte)60 : (byte)flow.Protocol;
            data[7] = 64;
            BinaryPrimitives.WriteUInt128BigEndian(data.AsSpan(8), flow.Source);
            BinaryPrimitives.WriteUInt128BigEndian(data.AsSpan(24), flow.Destination);
            for (int i = 0; i < extra; i++)
            {
                data[40 + (8 * i)] = i == extra - 1 ? (byte)flow.Protocol : (byte)60;
                data.AsSpan(42 + (8 * i), 6).Clear();
            }
        }

        BinaryPrimitives.WriteUInt16BigEndian(data.AsSpan(transport), flow.SourcePort);
        BinaryPrimitives.WriteUInt16BigEndian(data.AsSpan(transport + 2), flow.DestinationPort);
        if (tcp)
        {
            data[transport + 12] = 0x50;
            data[transport + 13] = flags;
        }
        else
        {
            BinaryPrimitives.WriteUInt16BigEndian(data.AsSpan(transport + 4), (ushort)length);
            payload.CopyTo(data.AsSpan(transport + 8));
        }

        return new Packet
        {
            Timestamp = 0,
            Data = data,
            TransportOffset = transport,
            TransportLength = length,
            Flow = flow,
            TcpFlags = tcp ? flags : (byte)0,
        };
    }
}
