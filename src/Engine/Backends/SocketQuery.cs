using System.Net;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Engine.Backends;

/// <summary>Which sockets to find; null means any.</summary>
/// <param name="Protocol">TCP (listeners) or UDP (bound).</param>
/// <param name="Port">Local port.</param>
/// <param name="Address">Local address, exactly as bound.</param>
/// <param name="ProcessId">A process that holds the socket.</param>
/// <param name="Cookie">SO_COOKIE of one socket.</param>
/// <param name="Namespace">Where to look; null means the backend's current namespace.</param>
/// <param name="WithOwners">Whether <see cref="SocketRecord.Owners"/> is wanted; looking costs a walk over /proc.</param>
public sealed record SocketQuery(
    TransportProtocol? Protocol = null, int? Port = null, IPAddress? Address = null, int? ProcessId = null, ulong? Cookie = null,
    INetworkNamespace? Namespace = null, bool WithOwners = true)
{
    /// <summary>Asks for TCP sockets that are bound and neither listen nor are connected, in the place of listeners and UDP sockets. A kernel before 6.8 lists none (TCP_BOUND_INACTIVE).</summary>
    public bool NotListening { get; init; }
}
