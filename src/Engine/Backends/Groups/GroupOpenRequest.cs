using System.Collections.Immutable;
using System.Net;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Engine.Backends.Groups;

/// <summary>A group to open with sockets of one's own.</summary>
/// <param name="Name">Name of the group.</param>
/// <param name="Protocols">TCP, UDP or both.</param>
/// <param name="Addresses">Addresses to bind to; each address and protocol is one kernel group.</param>
/// <param name="Port">Port, or 0 for a free one, the same for every kernel group.</param>
/// <param name="SlotCount">Slots, and so sockets in each kernel group.</param>
/// <param name="Namespace">Network namespace; null means the backend's current one.</param>
/// <param name="Backlog">listen(2) backlog of TCP sockets.</param>
public sealed record GroupOpenRequest(
    string Name, ImmutableArray<TransportProtocol> Protocols, ImmutableArray<IPAddress> Addresses, int Port, int SlotCount,
    INetworkNamespace? Namespace = null, int Backlog = 511);
