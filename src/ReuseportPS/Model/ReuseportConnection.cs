using System.Net;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Model;

/// <summary>An established connection to a group.</summary>
/// <param name="Group">Name of the group.</param>
/// <param name="Backend">Where it is from.</param>
/// <param name="Protocol">TCP, or UDP for a connected socket.</param>
/// <param name="Source">The client.</param>
/// <param name="Destination">The service.</param>
/// <param name="Cookie">SO_COOKIE of its socket.</param>
public sealed record ReuseportConnection(string Group, BackendKind Backend, TransportProtocol Protocol, IPEndPoint Source, IPEndPoint Destination, ulong Cookie);
