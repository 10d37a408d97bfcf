using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Engine.Backends;

/// <summary>A backend that can list the connections that its host has.</summary>
public interface ILiveConnections
{
    /// <summary>Established connections to a local port, in the order of their clients; of the current namespace, or another one.</summary>
    /// <exception cref="BackendException">The host does not tell.</exception>
    IReadOnlyList<LiveConnection> FindConnections(TransportProtocol protocol, int port, INetworkNamespace? networkNamespace = null);
}
