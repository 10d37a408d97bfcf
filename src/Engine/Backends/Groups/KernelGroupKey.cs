using System.Net;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Engine.Backends.Groups;

/// <summary>What the kernel tells groups apart by (reuseport_add_sock's callers: udp_reuseport_add_sock, inet_reuseport_add_sock).</summary>
/// <param name="Namespace">Identity of the network namespace.</param>
/// <param name="Protocol">TCP or UDP.</param>
/// <param name="Family">IPv4 or IPv6.</param>
/// <param name="Address">Local address as bound.</param>
/// <param name="Port">Local port.</param>
/// <param name="InterfaceIndex">Device, or 0.</param>
/// <param name="V6Only">IPV6_V6ONLY.</param>
/// <param name="Uid">Uid that created the sockets.</param>
public sealed record KernelGroupKey(
    ulong Namespace, TransportProtocol Protocol, IpFamily Family, IPAddress Address, int Port, int InterfaceIndex, bool V6Only, uint Uid)
{
    /// <summary>The key that a found socket falls under.</summary>
    public static KernelGroupKey Of(SocketRecord socket) => new(
        socket.NetworkNamespace, socket.Protocol, socket.Family, socket.LocalEndPoint.Address, socket.LocalEndPoint.Port,
        socket.InterfaceIndex, socket.V6Only, socket.Uid);

    /// <summary>Whether the group's members can be the other end of a connection: it was opened to their address and port.</summary>
    public bool Takes(LiveConnection connection) =>
        Protocol == connection.Protocol
        && Port == connection.Local.Port
        && (Address.Equals(connection.Local.Address)
            || (Address.Equals(IPAddress.Any) && connection.Flow.Family == IpFamily.V4)
            || (Address.Equals(IPAddress.IPv6Any) && (connection.Flow.Family == IpFamily.V6 || !V6Only)));

    /// <summary>The end point.</summary>
    public IPEndPoint EndPoint => new(Address, Port);

    /// <summary>The group as <c>udp 127.0.0.1:53</c>.</summary>
    public override string ToString() => $"{(Protocol == TransportProtocol.Tcp ? "tcp" : "udp")} {EndPoint}";
}
