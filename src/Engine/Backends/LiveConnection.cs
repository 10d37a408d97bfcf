using System.Collections.Immutable;
using System.Net;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Engine.Backends;

/// <summary>A connection of a service on a host.</summary>
/// <param name="Protocol">TCP, or UDP for a connected socket.</param>
/// <param name="Local">The service's end point.</param>
/// <param name="Remote">The client's.</param>
/// <param name="Cookie">SO_COOKIE of its socket.</param>
public sealed record LiveConnection(TransportProtocol Protocol, IPEndPoint Local, IPEndPoint Remote, ulong Cookie)
{
    /// <summary>Processes that hold it; empty when nobody does yet (it waits in an accept queue), or nobody was asked.</summary>
    public ImmutableArray<SocketOwner> Owners { get; init; } = [];

    /// <summary>Connections in the order in which backends list them: that of their clients.</summary>
    public static IEnumerable<LiveConnection> InOrder(IEnumerable<LiveConnection> connections) =>
        connections.OrderBy(connection => connection.Flow.Family).ThenBy(connection => connection.Flow.Source).ThenBy(connection => connection.Flow.SourcePort);

    /// <summary>The flow as a steering program met its first packet: IPv4 of a dual-stack socket is IPv4.</summary>
    public FlowKey Flow
    {
        get
        {
            bool isV4 = Local.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork || Local.Address.IsIPv4MappedToIPv6;
            return new FlowKey(isV4 ? IpFamily.V4 : IpFamily.V6, Protocol, Number(Remote), Number(Local), (ushort)Remote.Port, (ushort)Local.Port);

            UInt128 Number(IPEndPoint end) => FlowKey.ToNumber(isV4 ? end.Address.MapToIPv4() : end.Address);
        }
    }
}
