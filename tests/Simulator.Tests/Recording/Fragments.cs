using System.Buffers.Binary;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Simulator.Recording;

namespace ReuseportPS.Simulator.Tests.Recording;

/// <summary>Cuts a datagram into IP fragments.</summary>
internal static class Fragments
{
    /// <summary>The fragments of a UDP datagram, each with that many bytes of it, a multiple of 8.</summary>
    public static List<byte[]> Of(FlowKey flow, byte[] payload, int size, uint identification = 77)
    {
        PacketBuilder builder = new(65000);
        byte[] packet = builder.Memory[..builder.WriteUdp(flow, (ushort)identification, payload)].ToArray();
        int headerLength = flow.Family == IpFamily.V4 ? 20 : 40;
        List<byte[]> fragments = [];
        for (int at = headerLength; at < packet.Length; at += size)
        {
            byte[] data = packet[at..Math.Min(packet.Length, at + size)];
            bool hasMore = at + size < packet.Length;
            byte[] header = packet[..headerLength];
            if (flow.Family == IpFamily.V4)
            {
                BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(2), (ushort)(headerLength + data.Length));
                BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(6), (ushort)(((at - headerLength) / 8) | (hasMore ? 0x2000 : 0)));
                fragments.Add([.. header, .. data]);
            }
            else
            {
                byte[] extension = new byte[8];
                extension[0] = header[6];
                header[6] = 44;
                BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(4), (ushort)(8 + data.Length));
                BinaryPrimitives.WriteUInt16BigEndian(extension.AsSpan(2), (ushort)((at - headerLength) | (hasMore ? 1 : 0)));
                BinaryPrimitives.WriteUInt32BigEndian(extension.AsSpan(4), identification);
                fragments.Add([.. header, .. extension, .. data]);
            }
        }

        return fragments;
    }
}
