using System.Buffers.Binary;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Simulator.Packets;

/// <summary>Writes the network header of a packet, and the checksums that its addresses are part of.</summary>
internal static class IpHeader
{
    private const int Ipv4Length = 20;
    private const int Ipv6Length = 40;
    private const byte HopLimit = 64;

    public static int LengthOf(IpFamily family) => family == IpFamily.V4 ? Ipv4Length : Ipv6Length;

    /// <summary>Writes a header without options or extensions; of IPv4 one that forbids fragments.</summary>
    /// <param name="packet">Where the packet begins; every byte of the header is written.</param>
    /// <param name="flow">Its addresses and protocol.</param>
    /// <param name="identification">Identification of an IPv4 header.</param>
    /// <param name="transportLength">Bytes that follow.</param>
    public static void Write(Span<byte> packet, in FlowKey flow, ushort identification, int transportLength)
    {
        if (flow.Family == IpFamily.V4)
        {
            packet[0] = 0x45;
            packet[1] = 0;
            BinaryPrimitives.WriteUInt16BigEndian(packet[2..], (ushort)(Ipv4Length + transportLength));
            BinaryPrimitives.WriteUInt16BigEndian(packet[4..], identification);
            BinaryPrimitives.WriteUInt16BigEndian(packet[6..], 0x4000);
            packet[8] = HopLimit;
            packet[9] = (byte)flow.Protocol;
            packet[10..12].Clear();
            BinaryPrimitives.WriteUInt32BigEndian(packet[12..], (uint)flow.Source);
            BinaryPrimitives.WriteUInt32BigEndian(packet[16..], (uint)flow.Destination);
            BinaryPrimitives.WriteUInt16BigEndian(packet[10..], Complement(Sum(packet[..Ipv4Length])));
            return;
        }

        BinaryPrimitives.WriteUInt32BigEndian(packet, 6u << 28);
        BinaryPrimitives.WriteUInt16BigEndian(packet[4..], (ushort)transportLength);
        packet[6] = (byte)flow.Protocol;
        packet[7] = HopLimit;
        BinaryPrimitives.WriteUInt128BigEndian(packet[8..], flow.Source);
        BinaryPrimitives.WriteUInt128BigEndian(packet[24..], flow.Destination);
    }

    /// <summary>The checksum over pseudo-header, transport header and payload (RFC 768, RFC 9293 §3.1, RFC 8200 §8.1); its own field must be 0.</summary>
    public static ushort TransportChecksum(in FlowKey flow, ReadOnlySpan<byte> transport)
    {
        // IPv4 addresses fill up with zeros, which add nothing.
        Span<byte> addresses = stackalloc byte[32];
        BinaryPrimitives.WriteUInt128BigEndian(addresses, flow.Source);
        BinaryPrimitives.WriteUInt128BigEndian(addresses[16..], flow.Destination);
        return Complement(Sum(addresses) + (ulong)flow.Protocol + (ulong)transport.Length + Sum(transport));
    }

    /// <summary>The sum of the 16-bit words (in pairs: the carries are folded later), an odd last byte taken as the high one.</summary>
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

    private static ushort Complement(ulong sum)
    {
        while (sum > 0xFFFF)
        {
            sum = (sum & 0xFFFF) + (sum >> 16);
        }

        return (ushort)~sum;
    }
}
