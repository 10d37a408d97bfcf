using System.Collections.Immutable;
using System.Net;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Model;

/// <summary>A TCP listener or bound UDP socket of the host.</summary>
public sealed record ReuseportSocket
{
    private readonly SurveyedSocket _socket;

    internal ReuseportSocket(SurveyedSocket socket, BackendKind backend, bool isElsewhere)
    {
        _socket = socket;
        Backend = backend;
        Key = KernelGroupKey.Of(socket.Record);
        Group = Key + (isElsewhere ? $" in namespace {Key.Namespace}" : "") + (Key.InterfaceIndex != 0 ? $" on interface {Key.InterfaceIndex}" : "")
            + (Key.V6Only ? " (IPv6 only)" : "") + (Key.Uid != 0 ? $", uid {Key.Uid}" : "");
        Note = [.. Notes(socket)];
    }

    /// <summary>Where it is.</summary>
    public BackendKind Backend { get; }

    /// <summary>What the kernel tells groups apart by: sockets with an equal key and SO_REUSEPORT are one group.</summary>
    public KernelGroupKey Key { get; }

    /// <summary>The key in words.</summary>
    public string Group { get; }

    /// <summary>TCP or UDP.</summary>
    public TransportProtocol Protocol => _socket.Record.Protocol;

    /// <summary>Local end point as bound.</summary>
    public IPEndPoint LocalEndPoint => _socket.Record.LocalEndPoint;

    /// <summary>Local port.</summary>
    public int Port => LocalEndPoint.Port;

    /// <summary>Identity of the network namespace.</summary>
    public ulong Namespace => _socket.Record.NetworkNamespace;

    /// <summary>SO_COOKIE: its identity; 0 when it may not be asked.</summary>
    public ulong Cookie => _socket.Record.Cookie;

    /// <summary>Inode number.</summary>
    public ulong Inode => _socket.Record.Inode;

    /// <summary>Whether SO_REUSEPORT is set; null when it may not be asked.</summary>
    public bool? ReusePort => _socket.ReusePort;

    /// <summary>TCP: connections waiting to be accepted. UDP: bytes waiting to be received.</summary>
    public int Queue => _socket.Record.ReceiveQueue;

    /// <summary>TCP: the longest that the accept queue may become. UDP: bytes of the receive buffer. Null when that cannot be seen.</summary>
    public int? QueueLimit => _socket.Record.QueueLimit;

    /// <summary>UDP: datagrams dropped for want of room; null when that cannot be seen.</summary>
    public long? Drops => _socket.Record.Drops;

    /// <summary>Threads that serve it; empty when that cannot be seen.</summary>
    public ImmutableArray<SocketWorker> Worker => _socket.Workers;

    /// <summary>Processes that hold it; empty when that cannot be seen.</summary>
    public ImmutableArray<SocketOwner> Owner => _socket.Record.Owners;

    /// <summary>What one should know before adopting it.</summary>
    public ImmutableArray<string> Note { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{Key} cookie {Cookie}";

    private static IEnumerable<string> Notes(SurveyedSocket socket)
    {
        if (socket.IsMptcp)
        {
            yield return "MPTCP: cannot be seated";
        }

        if (socket.Record.IsConnected)
        {
            yield return "connected: not a member";
        }

        if (socket.Record.Owners.Any(owner => owner.ProcessId == 1))
        {
            yield return "also held by process 1: stays open when the service stops";
        }
    }
}
