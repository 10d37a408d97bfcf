using System.Buffers.Binary;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Contract;

/// <summary>Puts an IP header before a segment or a datagram, with checksums.</summary>
public static class RawNetworkHeader
{
    private const byte DestinationOptions = 60;
    private const byte NoOperation = 1;
    private const byte UnknownOption = 0x1e;

    /// <summary>A packet.</summary>
    /// <param name="flow">The flow.</param>
    /// <param name="transport">Transport header and payload; the checksum is written into it.</param>
    /// <param name="checksumAt">Where the checksum is in it.</param>
    /// <param name="options">Words of 8 bytes between the headers: options of IPv4 (at most 5), destination options of IPv6.</param>
    public static byte[] Before(FlowKey flow, byte[] transport, int checksumAt, int options = 0)
    {
        bool isV4 = flow.Family == IpFamily.V4;
        Span<byte> pseudo = stackalloc byte[40];
        BinaryPrimitives.WriteUInt128BigEndian(pseudo, flow.Source);
        BinaryPrimitives.WriteUInt128BigEndian(pseudo[16..], flow.Destination);
        BinaryPrimitives.WriteInt32BigEndian(pseudo[32..], transport.Length);
        pseudo[39] = (byte)flow.Protocol;
        BinaryPrimitives.WriteUInt16BigEndian(transport.AsSpan(checksumAt), (ushort)~Fold(Sum(pseudo) + Sum(transport)));

        int header = (isV4 ? 20 : 40) + (8 * options);
        byte[] packet = new byte[header + transport.Length];
        transport.CopyTo(packet.AsSpan(header));
        if (isV4)
        {
            packet[0] = (byte)(0x40 | (header / 4));
            BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), (ushort)packet.Length);
            packet[8] = 64;
            packet[9] = (byte)flow.Protocol;
            BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(12), (uint)flow.Source);
            BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(16), (uint)flow.Destination);
            packet.AsSpan(20, 8 * options).Fill(NoOperation);
            BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(10), (ushort)~Fold(Sum(packet.AsSpan(0, header))));
        }
        else
        {
            packet[0] = 0x60;
            BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(4), (ushort)(packet.Length - 40));
            packet[6] = options > 0 ? DestinationOptions : (byte)flow.Protocol;
            packet[7] = 64;
            BinaryPrimitives.WriteUInt128BigEndian(packet.AsSpan(8), flow.Source);
            BinaryPrimitives.WriteUInt128BigEndian(packet.AsSpan(24), flow.Destination);
            if (options > 0)
            {
                // One header with one option that nobody knows and everybody skips: of padding the kernel takes at most 7 bytes.
                Span<byte> extension = packet.AsSpan(40, 8 * options);
                extension[0] = (byte)flow.Protocol;
                extension[1] = (byte)(options - 1);
                extension[2] = UnknownOption;
                extension[3] = (byte)(extension.Length - 4);
            }
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

        return bytes.IsEmpty ? sum : sum + ((uint)bytes[0] << 8);
    }

    private static uint Fold(uint sum)
    {
        sum = (sum >> 16) + (sum & 0xffff);
        return (sum >> 16) + (sum & 0xffff);
    }
}
