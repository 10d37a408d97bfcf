using System.Collections.Immutable;
using System.Net;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Engine.Backends;

/// <summary>A socket that was found.</summary>
/// <param name="Cookie">SO_COOKIE: its identity.</param>
/// <param name="Inode">Inode number of the socket.</param>
/// <param name="Protocol">TCP or UDP.</param>
/// <param name="Family">IPv4 or IPv6.</param>
/// <param name="LocalEndPoint">Local end point.</param>
/// <param name="Uid">Uid of the creator.</param>
/// <param name="InterfaceIndex">Device it is bound to, or 0.</param>
/// <param name="V6Only">IPV6_V6ONLY; false for IPv4.</param>
/// <param name="IsConnected">True for a UDP socket with a peer.</param>
/// <param name="ReceiveQueue">TCP: connections waiting to be accepted. UDP: bytes waiting to be received.</param>
/// <param name="NetworkNamespace">Identity of its namespace.</param>
/// <param name="Owners">Processes that hold it; empty when nobody may look.</param>
public sealed record SocketRecord(
    ulong Cookie, ulong Inode, TransportProtocol Protocol, IpFamily Family, IPEndPoint LocalEndPoint, uint Uid, int InterfaceIndex,
    bool V6Only, bool IsConnected, int ReceiveQueue, ulong NetworkNamespace, ImmutableArray<SocketOwner> Owners)
{
    /// <summary>TCP: the longest that the accept queue may become. UDP: the receive buffer in bytes (SO_RCVBUF). Null when it cannot be seen.</summary>
    public int? QueueLimit { get; init; }

    /// <summary>Datagrams that were dropped for want of room; null when that cannot be seen.</summary>
    public long? Drops { get; init; }
}
