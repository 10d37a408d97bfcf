using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Engine.Backends;

/// <summary>A backend that can list the connections that its host has.</summary>
public interface ILiveConnections
{
    /// <summary>Established connections to a local port, in the order of their clients; of the current namespace, or another one.</summary>
    /// <param name="protocol">TCP, or UDP for connected sockets.</param>
    /// <param name="port">Local port.</param>
    /// <param name="networkNamespace">Where to look; null for the current one.</param>
    /// <param name="withOwners">Whether <see cref="LiveConnection.Owners"/> is wanted; looking costs a walk over /proc.</param>
    /// <exception cref="BackendException">The host does not tell.</exception>
    IReadOnlyList<LiveConnection> FindConnections(TransportProtocol protocol, int port, INetworkNamespace? networkNamespace = null, bool withOwners = false);

    /// <summary>
    /// Connections to a local port that some process still holds, with <see cref="LiveConnection.Owners"/>, in the order of their clients: beside the established ones those of which one end has closed, as when the client has (CLOSE_WAIT) and
    /// the worker has not yet.
    /// </summary>
    /// <param name="protocol">TCP, or UDP for connected sockets.</param>
    /// <param name="port">Local port.</param>
    /// <param name="networkNamespace">Where to look; null for the current one.</param>
    /// <exception cref="BackendException">The host does not tell.</exception>
    IReadOnlyList<LiveConnection> FindHeldConnections(TransportProtocol protocol, int port, INetworkNamespace? networkNamespace = null);

    /// <summary>Half-open TCP connections to a local port (SYN_RECV): a listener was chosen, the handshake's last segment is awaited. Which listener it was is not told.</summary>
    /// <exception cref="BackendException">The host does not tell.</exception>
    IReadOnlyList<LiveConnection> FindRequests(int port, INetworkNamespace? networkNamespace = null);
}
