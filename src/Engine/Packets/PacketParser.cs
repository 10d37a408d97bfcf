using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace ReuseportPS.Engine.Packets;

/// <summary>
/// Finds network header, transport header and five-tuple of a captured frame, and refuses what the kernel refuses before a socket
/// is looked up (ip_rcv, ipv6_rcv, the IPv6 extension header handlers, udp_rcv, tcp_v4_rcv). Allocates nothing, throws nothing.
/// </summary>
/// <remarks>
/// Checksums are not looked at: a capture on the sending host or on loopback holds them before the network card fills them in.
/// Neither are the contents of IPv4 options and of IPv6 options, nor whether the host has the keys of an authentication header.
/// </remarks>
public static class PacketParser
{
    private const int EtherTypeIPv4 = 0x0800;
    private const int EtherTypeIPv6 = 0x86DD;

    private const int IPv6HeaderLength = 40;
    private const int LargestIPv4Length = 65535;

    // IANA protocol numbers.
    private const int HopByHop = 0;
    private const int Tcp = 6;
    private const int Udp = 17;
    private const int Routing = 43;
    private const int FragmentHeader = 44;
    private const int Authentication = 51;
    private const int DestinationOptions = 60;

    /// <summary>Whether frames of this link type can be parsed.</summary>
    public static bool IsSupported(LinkType link) => Enum.IsDefined(link);

    /// <summary>Parses one frame.</summary>
    /// <param name="link">What the frame begins with.</param>
    /// <param name="frame">The captured bytes.</param>
    /// <param name="sentLength">Length of the frame on the wire, at least that of <paramref name="frame"/>.</param>
    /// <param name="packet">
    /// The packet, which refers to the frame's memory from the network header on, without link-layer padding; of <see cref="ParseOutcome.Packet"/> only. Its time and its
    /// position are for whoever knows them to set.
    /// </param>
    public static ParseOutcome Parse(LinkType link, ReadOnlyMemory<byte> frame, int sentLength, out Packet packet)
    {
        Unsafe.SkipInit(out packet);
        ReadOnlySpan<byte> bytes = frame.Span;
        ParseOutcome outcome = ParseLink(link, bytes, out int offset, out int etherType);
        if (outcome == ParseOutcome.Packet)
        {
            outcome = etherType switch
            {
                EtherTypeIPv4 => ParseIPv4(frame, bytes[offset..], offset, sentLength - offset, ref packet),
                EtherTypeIPv6 => ParseIPv6(frame, bytes[offset..], offset, sentLength - offset, ref packet),
                _ => ParseOutcome.OtherProtocol,
            };
        }

        if (outcome != ParseOutcome.Packet)
        {
            packet = default;
        }

        return outcome;
    }

    /// <summary>Finds out which part of which datagram a frame is that <see cref="Parse"/> called a <see cref="ParseOutcome.Fragment"/>.</summary>
    /// <returns>False when it is none, or none that the kernel would keep (ip_frag_queue, ip6_frag_queue).</returns>
    public static bool ParseFragment(LinkType link, ReadOnlySpan<byte> frame, int sentLength, out FragmentHeaders fragment)
    {
        fragment = default;
        return ParseLink(link, frame, out int offset, out int etherType) == ParseOutcome.Packet
            && (etherType == EtherTypeIPv4 ? ParseFragmentIPv4(frame, offset, out fragment) : ParseFragmentIPv6(frame, offset, out fragment))
            && fragment.Length > 0
            && fragment.Offset + fragment.Length <= LargestIPv4Length
            && offset + fragment.PayloadOffset + fragment.Length <= sentLength;
    }

    private static bool ParseFragmentIPv4(ReadOnlySpan<byte> frame, int offset, out FragmentHeaders fragment)
    {
        ReadOnlySpan<byte> ip = frame[offset..];
        int headerLength = (ip[0] & 0x0F) * 4;
        int field = BinaryPrimitives.ReadUInt16BigEndian(ip[6..]);
        bool hasMore = (field & 0x2000) != 0;
        int length = BinaryPrimitives.ReadUInt16BigEndian(ip[2..]) - headerLength;
        fragment = new FragmentHeaders
        {
            Datagram = new DatagramKey(
                IpFamily.V4,
                BinaryPrimitives.ReadUInt32BigEndian(ip[12..]),
                BinaryPrimitives.ReadUInt32BigEndian(ip[16..]),
                BinaryPrimitives.ReadUInt16BigEndian(ip[4..]),
                ip[9]),
            NetworkOffset = offset,
            PayloadOffset = headerLength,
            HeaderLength = headerLength,
            NextHeaderAt = 9,
            Offset = (field & 0x1FFF) * 8,
            Length = hasMore ? length & ~7 : length, // the kernel cuts a middle one to a multiple of 8
            HasMore = hasMore,
            NextHeader = ip[9],
        };
        return ip.Length >= headerLength;
    }

    private static bool ParseFragmentIPv6(ReadOnlySpan<byte> frame, int offset, out FragmentHeaders fragment)
    {
        fragment = default;
        ReadOnlySpan<byte> ip = frame[offset..];
        int totalLength = IPv6HeaderLength + BinaryPrimitives.ReadUInt16BigEndian(ip[4..]);
        int nextHeaderAt = 6;
        int at = IPv6HeaderLength;
        while (ip.Length - at >= 8 && ip[nextHeaderAt] != FragmentHeader)
        {
            int length = ip[nextHeaderAt] == Authentication ? (ip[at + 1] + 2) * 4 : (ip[at + 1] + 1) * 8;
            (nextHeaderAt, at) = (at, at + length);
        }

        if (ip.Length - at < 8)
        {
            return false;
        }

        int field = BinaryPrimitives.ReadUInt16BigEndian(ip[(at + 2)..]);
        fragment = new FragmentHeaders
        {
            Datagram = new DatagramKey(
                IpFamily.V6,
                BinaryPrimitives.ReadUInt128BigEndian(ip[8..]),
                BinaryPrimitives.ReadUInt128BigEndian(ip[24..]),
                BinaryPrimitives.ReadUInt32BigEndian(ip[(at + 4)..]),
                0),
            NetworkOffset = offset,
            PayloadOffset = at + 8,
            HeaderLength = at,
            NextHeaderAt = nextHeaderAt,
            Offset = field & 0xFFF8,
            Length = totalLength - at - 8,
            HasMore = (field & 1) != 0,
            NextHeader = ip[at],
        };
        return !fragment.HasMore || fragment.Length % 8 == 0;
    }

    /// <summary>Finds the network header and its type; <see cref="ParseOutcome.Packet"/> when there may be one.</summary>
    private static ParseOutcome ParseLink(LinkType link, ReadOnlySpan<byte> frame, out int offset, out int etherType)
    {
        offset = 0;
        etherType = 0;
        switch (link)
        {
            case LinkType.Ethernet:
                return ParseEtherType(frame, 12, 14, out offset, out etherType);

            case LinkType.LinuxCooked:
                return frame.Length < 16 ? ParseOutcome.Malformed
                    : IsReceived(BinaryPrimitives.ReadUInt16BigEndian(frame)) ? ParseEtherType(frame, 14, 16, out offset, out etherType)
                    : ParseOutcome.NotReceived;

            case LinkType.LinuxCooked2:
                return frame.Length < 20 ? ParseOutcome.Malformed
                    : IsReceived(frame[10]) ? ParseEtherType(frame, 0, 20, out offset, out etherType)
                    : ParseOutcome.NotReceived;

            case LinkType.Null or LinkType.Loop:
                if (frame.Length < 4)
                {
                    return ParseOutcome.Malformed;
                }

                // A family is a small number, so the byte order shows itself.
                uint family = BinaryPrimitives.ReadUInt32LittleEndian(frame);
                offset = 4;
                etherType = (family > 0xFFFF ? BinaryPrimitives.ReverseEndianness(family) : family) switch
                {
                    2 => EtherTypeIPv4,
                    24 or 28 or 30 => EtherTypeIPv6, // AF_INET6 of NetBSD and OpenBSD, FreeBSD, Darwin
                    _ => 0,
                };
                return ParseOutcome.Packet;

            case LinkType.IPv4:
                etherType = EtherTypeIPv4;
                return ParseOutcome.Packet;

            case LinkType.IPv6:
                etherType = EtherTypeIPv6;
                return ParseOutcome.Packet;

            case LinkType.Raw or LinkType.RawBsd or LinkType.RawOpenBsd:
                etherType = frame.IsEmpty ? 0 : (frame[0] >> 4) switch { 4 => EtherTypeIPv4, 6 => EtherTypeIPv6, _ => 0 };
                return etherType == 0 ? ParseOutcome.Malformed : ParseOutcome.Packet;

            default:
                return ParseOutcome.OtherProtocol;
        }
    }

    /// <summary>Reads the type at <paramref name="typeAt"/> and steps over VLAN tags, which begin at <paramref name="payloadAt"/>.</summary>
    private static ParseOutcome ParseEtherType(ReadOnlySpan<byte> frame, int typeAt, int payloadAt, out int offset, out int etherType)
    {
        etherType = 0;
        for (offset = payloadAt; offset <= frame.Length; offset += 4)
        {
            etherType = BinaryPrimitives.ReadUInt16BigEndian(frame[typeAt..]);
            if (etherType is not (0x8100 or 0x88A8 or 0x9100))
            {
                return ParseOutcome.Packet;
            }

            typeAt = offset + 2;
        }

        return ParseOutcome.Malformed;
    }

    /// <summary>Whether a packet type of a Linux cooked header is neither PACKET_OTHERHOST nor PACKET_OUTGOING.</summary>
    private static bool IsReceived(int packetType) => packetType is not (3 or 4);

    private static ParseOutcome ParseIPv4(in ReadOnlyMemory<byte> frame, ReadOnlySpan<byte> ip, int offset, int sent, ref Packet packet)
    {
        if (ip.Length < 20 || ip[0] >> 4 != 4)
        {
            return ParseOutcome.Malformed;
        }

        int protocol = ip[9];
        int headerLength = (ip[0] & 0x0F) * 4;
        int totalLength = BinaryPrimitives.ReadUInt16BigEndian(ip[2..]);
        if (totalLength == 0 && protocol == Tcp && sent > LargestIPv4Length)
        {
            totalLength = sent; // BIG TCP: a train of segments too long for the field
        }

        if (headerLength < 20 || totalLength < headerLength || totalLength > sent)
        {
            return ParseOutcome.Malformed;
        }

        if ((BinaryPrimitives.ReadUInt16BigEndian(ip[6..]) & 0x3FFF) != 0)
        {
            return ParseOutcome.Fragment;
        }

        UInt128 source = BinaryPrimitives.ReadUInt32BigEndian(ip[12..]);
        UInt128 destination = BinaryPrimitives.ReadUInt32BigEndian(ip[16..]);
        return ParseTransport(frame, ip, offset, headerLength, totalLength, IpFamily.V4, protocol, source, destination, ref packet);
    }

    private static ParseOutcome ParseIPv6(in ReadOnlyMemory<byte> frame, ReadOnlySpan<byte> ip, int offset, int sent, ref Packet packet)
    {
        if (ip.Length < IPv6HeaderLength || ip[0] >> 4 != 6)
        {
            return ParseOutcome.Malformed;
        }

        int next = ip[6];
        int payloadLength = BinaryPrimitives.ReadUInt16BigEndian(ip[4..]);
        int totalLength = payloadLength == 0 && next == HopByHop ? sent /* a jumbogram */ : IPv6HeaderLength + payloadLength;
        if (totalLength > sent)
        {
            return ParseOutcome.Malformed;
        }

        ip = ip[..Math.Min(ip.Length, totalLength)];
        UInt128 source = BinaryPrimitives.ReadUInt128BigEndian(ip[8..]);
        UInt128 destination = BinaryPrimitives.ReadUInt128BigEndian(ip[24..]);
        int at = IPv6HeaderLength;
        while (next is HopByHop or Routing or FragmentHeader or Authentication or DestinationOptions)
        {
            // Hop-by-hop options may only come first (RFC 8200 §4.1); the kernel drops them elsewhere.
            if (ip.Length - at < 8 || (next == HopByHop && at != IPv6HeaderLength))
            {
                return ParseOutcome.Malformed;
            }

            ReadOnlySpan<byte> extension = ip[at..];
            switch (next)
            {
                case FragmentHeader:
                    if ((BinaryPrimitives.ReadUInt16BigEndian(extension[2..]) & 0xFFF9) != 0)
                    {
                        return ParseOutcome.Fragment;
                    }

                    at += 8; // an atomic fragment (RFC 6946) is whole
                    break;

                case Routing when extension[3] != 0:
                    return ParseOutcome.OtherProtocol; // segments left: this host is not the last

                case Authentication:
                    at += (extension[1] + 2) * 4;
                    break;

                default:
                    at += (extension[1] + 1) * 8;
                    break;
            }

            next = extension[0];
            if (at > totalLength)
            {
                return ParseOutcome.Malformed;
            }
        }

        return ParseTransport(frame, ip, offset, at, totalLength, IpFamily.V6, next, source, destination, ref packet);
    }

    private static ParseOutcome ParseTransport(
        in ReadOnlyMemory<byte> frame,
        ReadOnlySpan<byte> ip,
        int networkOffset,
        int transportOffset,
        int totalLength,
        IpFamily family,
        int protocol,
        UInt128 source,
        UInt128 destination,
        ref Packet packet)
    {
        if (protocol is not (Tcp or Udp))
        {
            return ParseOutcome.OtherProtocol;
        }

        int captured = Math.Min(ip.Length, totalLength);
        int length = totalLength - transportOffset;
        if (captured - transportOffset < (protocol == Tcp ? 20 : 8))
        {
            return ParseOutcome.Malformed;
        }

        ReadOnlySpan<byte> transport = ip[transportOffset..];
        byte flags = 0;
        if (protocol == Tcp)
        {
            int headerLength = (transport[12] >> 4) * 4;
            if (headerLength < 20 || headerLength > length)
            {
                return ParseOutcome.Malformed;
            }

            flags = transport[13];
        }
        else
        {
            int udpLength = BinaryPrimitives.ReadUInt16BigEndian(transport[4..]);
            if (udpLength == 0 && family == IpFamily.V6)
            {
                udpLength = length; // RFC 2675 §4; the kernel takes it for any IPv6 datagram (observed on 6.18)
            }

            if (udpLength < 8 || udpLength > length)
            {
                return ParseOutcome.Malformed;
            }

            length = udpLength;
        }

        Packet.Set(
            ref packet,
            frame.Slice(networkOffset, Math.Min(captured, transportOffset + length)),
            transportOffset,
            length,
            new FlowKey(
                family,
                (TransportProtocol)protocol,
                source,
                destination,
                BinaryPrimitives.ReadUInt16BigEndian(transport),
                BinaryPrimitives.ReadUInt16BigEndian(transport[2..])),
            flags);
        return ParseOutcome.Packet;
    }
}
