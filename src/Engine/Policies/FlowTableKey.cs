using System.Buffers.Binary;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Engine.Policies;

/// <summary>The key of a flow in a flow table: protocol and EtherType in one word, the addresses as they are in the packet, the ports.</summary>
internal static class FlowTableKey
{
    private const int Ipv4 = 0x0008;
    private const int Ipv6 = 0xdd86;
    private const int AddressesAt = 4;
    private const int PortsAt = 36;

    /// <summary>The flow of a key of <see cref="PolicyMapSpecs.FlowKeySize"/> bytes.</summary>
    public static FlowKey Read(ReadOnlySpan<byte> key)
    {
        int kind = BinaryPrimitives.ReadInt32LittleEndian(key);
        bool isIpv4 = kind >> 8 == Ipv4;
        ReadOnlySpan<byte> addresses = key[AddressesAt..];
        return new FlowKey(
            isIpv4 ? IpFamily.V4 : IpFamily.V6,
            (TransportProtocol)(kind & 0xff),
            isIpv4 ? BinaryPrimitives.ReadUInt32BigEndian(addresses) : BinaryPrimitives.ReadUInt128BigEndian(addresses),
            isIpv4 ? BinaryPrimitives.ReadUInt32BigEndian(addresses[4..]) : BinaryPrimitives.ReadUInt128BigEndian(addresses[16..]),
            BinaryPrimitives.ReadUInt16BigEndian(key[PortsAt..]),
            BinaryPrimitives.ReadUInt16BigEndian(key[(PortsAt + 2)..]));
    }

    /// <summary>The key of a flow.</summary>
    public static byte[] Write(FlowKey flow)
    {
        byte[] key = new byte[PolicyMapSpecs.FlowKeySize];
        BinaryPrimitives.WriteInt32LittleEndian(key, ((flow.Family == IpFamily.V4 ? Ipv4 : Ipv6) << 8) | (int)flow.Protocol);
        Span<byte> addresses = key.AsSpan(AddressesAt);
        if (flow.Family == IpFamily.V4)
        {
            BinaryPrimitives.WriteUInt32BigEndian(addresses, (uint)flow.Source);
            BinaryPrimitives.WriteUInt32BigEndian(addresses[4..], (uint)flow.Destination);
        }
        else
        {
            BinaryPrimitives.WriteUInt128BigEndian(addresses, flow.Source);
            BinaryPrimitives.WriteUInt128BigEndian(addresses[16..], flow.Destination);
        }

        BinaryPrimitives.WriteUInt16BigEndian(key.AsSpan(PortsAt), flow.SourcePort);
        BinaryPrimitives.WriteUInt16BigEndian(key.AsSpan(PortsAt + 2), flow.DestinationPort);
        return key;
    }
}
