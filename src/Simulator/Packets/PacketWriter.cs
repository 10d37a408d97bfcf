using System.Buffers.Binary;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Simulator.Packets;

/// <summary>Builds the packets that the simulated host itself sends, from the network header on, with valid checksums and the header fields that Linux uses on loopback.</summary>
internal static class PacketWriter
{
    public const int UdpHeaderLength = 8;
    public const byte Fin = 0x01;
    public const byte Syn = 0x02;
    public const byte Reset = 0x04;
    public const byte Push = 0x08;
    public const byte Ack = 0x10;

    private const int TcpHeaderLength = 20;

    /// <summary>A UDP datagram.</summary>
    public static Packet Datagram(FlowKey flow, ReadOnlySpan<byte> payload, long timestamp, int cpu)
    {
        int offset = IpHeader.LengthOf(flow.Family);
        byte[] bytes = new byte[offset + UdpHeaderLength + payload.Length];
        Span<byte> udp = bytes.AsSpan(offset);
        WritePorts(udp, flow);
        BinaryPrimitives.WriteUInt16BigEndian(udp[4..], (ushort)udp.Length);
        payload.CopyTo(udp[UdpHeaderLength..]);
        ushort checksum = IpHeader.TransportChecksum(flow, udp);
        BinaryPrimitives.WriteUInt16BigEndian(udp[6..], checksum == 0 ? ushort.MaxValue : checksum);
        return Finish(flow, bytes, offset, timestamp, cpu, 0);
    }

    /// <summary>The SYN of a connection: 40 bytes of TCP header with the options of Linux (MSS, SACK permitted, timestamps, window scale 7).</summary>
    /// <param name="flow">Both ends.</param>
    /// <param name="sequence">Initial sequence number.</param>
    /// <param name="timestampValue">TSval.</param>
    /// <param name="data">Data that go with it (TCP Fast Open without a cookie).</param>
    /// <param name="timestamp">Time of the packet in nanoseconds.</param>
    /// <param name="cpu">CPU that processes it.</param>
    public static Packet SynSegment(FlowKey flow, uint sequence, uint timestampValue, ReadOnlySpan<byte> data, long timestamp, int cpu)
    {
        const int OptionsLength = 20;
        const ushort LargestSegment4 = 65495;
        const ushort LargestSegment6 = 65476;
        int offset = IpHeader.LengthOf(flow.Family);
        byte[] bytes = new byte[offset + TcpHeaderLength + OptionsLength + data.Length];
        Span<byte> tcp = bytes.AsSpan(offset);
        ushort largest = flow.Family == IpFamily.V4 ? LargestSegment4 : LargestSegment6;
        WritePorts(tcp, flow);
        BinaryPrimitives.WriteUInt32BigEndian(tcp[4..], sequence);
        tcp[12] = (TcpHeaderLength + OptionsLength) / 4 << 4;
        tcp[13] = Syn;
        BinaryPrimitives.WriteUInt16BigEndian(tcp[14..], largest);

        Span<byte> options = tcp[TcpHeaderLength..];
        options[0] = 2;
        options[1] = 4;
        BinaryPrimitives.WriteUInt16BigEndian(options[2..], largest);
        options[4] = 4;
        options[5] = 2;
        options[6] = 8;
        options[7] = 10;
        BinaryPrimitives.WriteUInt32BigEndian(options[8..], timestampValue);
        options[16] = 1;
        options[17] = 3;
        options[18] = 3;
        options[19] = 7;
        data.CopyTo(options[OptionsLength..]);
        BinaryPrimitives.WriteUInt16BigEndian(tcp[16..], IpHeader.TransportChecksum(flow, tcp));
        return Finish(flow, bytes, offset, timestamp, cpu, Syn);
    }

    /// <summary>Another segment of a connection: a header with time stamps, and data.</summary>
    public static Packet Segment(FlowKey flow, byte flags, uint sequence, uint timestampValue, ReadOnlySpan<byte> data, long timestamp, int cpu)
    {
        const int OptionsLength = 12;
        const ushort Window = 512; // of the scale 7
        int offset = IpHeader.LengthOf(flow.Family);
        byte[] bytes = new byte[offset + TcpHeaderLength + OptionsLength + data.Length];
        Span<byte> tcp = bytes.AsSpan(offset);
        WritePorts(tcp, flow);
        BinaryPrimitives.WriteUInt32BigEndian(tcp[4..], sequence);
        tcp[12] = (TcpHeaderLength + OptionsLength) / 4 << 4;
        tcp[13] = flags;
        BinaryPrimitives.WriteUInt16BigEndian(tcp[14..], Window);

        Span<byte> options = tcp[TcpHeaderLength..];
        options[0] = options[1] = 1;
        options[2] = 8;
        options[3] = 10;
        BinaryPrimitives.WriteUInt32BigEndian(options[4..], timestampValue);
        data.CopyTo(options[OptionsLength..]);
        BinaryPrimitives.WriteUInt16BigEndian(tcp[16..], IpHeader.TransportChecksum(flow, tcp));
        return Finish(flow, bytes, offset, timestamp, cpu, flags);
    }

    private static void WritePorts(Span<byte> header, FlowKey flow)
    {
        BinaryPrimitives.WriteUInt16BigEndian(header, flow.SourcePort);
        BinaryPrimitives.WriteUInt16BigEndian(header[2..], flow.DestinationPort);
    }

    private static Packet Finish(FlowKey flow, byte[] bytes, int offset, long timestamp, int cpu, byte tcpFlags)
    {
        int length = bytes.Length - offset;
        IpHeader.Write(bytes, flow, identification: 0, length);
        return new Packet
        {
            Timestamp = timestamp,
            Cpu = cpu,
            Data = bytes,
            TransportOffset = offset,
            TransportLength = length,
            Flow = flow,
            TcpFlags = tcpFlags,
        };
    }
}
