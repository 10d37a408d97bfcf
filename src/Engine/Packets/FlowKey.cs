using System.Buffers.Binary;
using System.Net;

namespace ReuseportPS.Engine.Packets;

/// <summary>The five-tuple of a packet, as sent: source is the client.</summary>
/// <param name="Family">IP version.</param>
/// <param name="Protocol">TCP or UDP.</param>
/// <param name="Source">Source address as a big-endian number; an IPv4 address in the low 32 bits.</param>
/// <param name="Destination">Destination address, likewise.</param>
/// <param name="SourcePort">Source port in host order.</param>
/// <param name="DestinationPort">Destination port in host order.</param>
public readonly record struct FlowKey(
    IpFamily Family, TransportProtocol Protocol, UInt128 Source, UInt128 Destination, ushort SourcePort, ushort DestinationPort)
{
    /// <summary>Source as an end point.</summary>
    public IPEndPoint SourceEndPoint => new(ToAddress(Family, Source), SourcePort);

    /// <summary>Destination as an end point.</summary>
    public IPEndPoint DestinationEndPoint => new(ToAddress(Family, Destination), DestinationPort);

    /// <summary>The address as <see cref="IPAddress"/>.</summary>
    public static IPAddress ToAddress(IpFamily family, UInt128 address)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, address);
        return new IPAddress(family == IpFamily.V4 ? bytes[12..] : bytes);
    }

    /// <summary>The number of an address; the inverse of <see cref="ToAddress"/>.</summary>
    public static UInt128 ToNumber(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        _ = address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork
            ? address.TryWriteBytes(bytes[12..], out _)
            : address.TryWriteBytes(bytes, out _);
        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    /// <summary>The flow as <c>udp 10.0.0.1:4000 -> 10.0.0.2:53</c>.</summary>
    public override string ToString() =>
        $"{(Protocol == TransportProtocol.Tcp ? "tcp" : "udp")} {SourceEndPoint} -> {DestinationEndPoint}";
}
