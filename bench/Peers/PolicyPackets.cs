using System.Buffers.Binary;
using ReuseportPS.Engine.Execution;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Bench.Peers;

/// <summary>4096 packets from one seed, as a steering program meets them: contexts (<c>struct sk_reuseport_md</c>) and bytes from the IPv4 header on.</summary>
internal static class PolicyPackets
{
    public const int Count = 4096;
    public const int ContextSize = 56;
    public const int PacketSize = 64;
    public const int NetworkLength = 20;

    private const int UdpLength = 8 + 16;
    private const int TcpLength = 20;
    private const uint Office = 10u << 24;

    /// <summary>The five-tuples: half from 10.0.0.0/8, one in four TCP, one in four to port 53.</summary>
    public static FlowKey[] Flows { get; } = Create();

    /// <summary>The packets one after the other.</summary>
    public static byte[] Bytes { get; } = Write();

    /// <summary>Their contexts one after the other.</summary>
    public static byte[] Contexts { get; } = Describe();

    private static FlowKey[] Create()
    {
        Random random = new(21);
        FlowKey[] flows = new FlowKey[Count];
        for (int i = 0; i < Count; i++)
        {
            uint source = (uint)random.NextInt64(1L << 32);
            flows[i] = new FlowKey(
                IpFamily.V4, random.Next(4) == 0 ? TransportProtocol.Tcp : TransportProtocol.Udp,
                random.Next(2) == 0 ? Office | (source & 0xffffff) : source, 0xc0000201,
                (ushort)random.Next(1024, 65536), (ushort)(random.Next(4) == 0 ? 53 : 443));
        }

        return flows;
    }

    private static byte[] Write()
    {
        byte[] bytes = new byte[Count * PacketSize];
        for (int i = 0; i < Count; i++)
        {
            FlowKey flow = Flows[i];
            Span<byte> packet = bytes.AsSpan(i * PacketSize, PacketSize);
            packet[0] = 0x45;
            packet[9] = (byte)flow.Protocol;
            BinaryPrimitives.WriteUInt16BigEndian(packet[2..], (ushort)(NetworkLength + Length(flow)));
            BinaryPrimitives.WriteUInt32BigEndian(packet[12..], (uint)flow.Source);
            BinaryPrimitives.WriteUInt32BigEndian(packet[16..], (uint)flow.Destination);
            BinaryPrimitives.WriteUInt16BigEndian(packet[20..], flow.SourcePort);
            BinaryPrimitives.WriteUInt16BigEndian(packet[22..], flow.DestinationPort);
        }

        return bytes;
    }

    private static byte[] Describe()
    {
        byte[] contexts = new byte[Count * ContextSize];
        for (int i = 0; i < Count; i++)
        {
            Span<byte> context = contexts.AsSpan(i * ContextSize, ContextSize);
            int length = Length(Flows[i]);
            BinaryPrimitives.WriteUInt64LittleEndian(context, Machine.PacketAddress);
            BinaryPrimitives.WriteUInt64LittleEndian(context[8..], Machine.PacketAddress + (uint)length);
            BinaryPrimitives.WriteInt32LittleEndian(context[16..], length);
            BinaryPrimitives.WriteUInt32LittleEndian(context[20..], 8); // ETH_P_IP, as it lies in a packet
            BinaryPrimitives.WriteUInt32LittleEndian(context[24..], (uint)Flows[i].Protocol);
        }

        return contexts;
    }

    private static int Length(in FlowKey flow) => flow.Protocol == TransportProtocol.Udp ? UdpLength : TcpLength;
}
