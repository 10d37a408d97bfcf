using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Simulator.Groups;

namespace ReuseportPS.Simulator.Sockets;

/// <summary>
/// The TCP sockets of a namespace: ports taken (bind buckets), listeners by address and port, and by both ends connections, requests and what is
/// left in TIME_WAIT. (inet_csk_get_port, inet_csk_bind_conflict, __inet_hash, inet_unhash)
/// </summary>
internal sealed class TcpTable(SimulatedNamespace network)
{
    private readonly Dictionary<ushort, BindBucket> _buckets = [];
    private readonly SockTable<ChainKey> _listeners = new();
    private readonly Dictionary<FourTuple, Sock> _connections = [];

    public LinkedListNode<Sock>? Chain(ChainKey key) => _listeners.First(key);

    public Sock? FindConnection(FourTuple tuple) => _connections.GetValueOrDefault(tuple);

    /// <summary>Connections, requests and what is left in TIME_WAIT, in no order.</summary>
    public IEnumerable<Sock> Connections => _connections.Values;

    /// <summary>Takes a port; a listening socket has its own checked again. Port 0 asks for an ephemeral one. EADDRINUSE.</summary>
    public Errno Bind(Sock sock, ushort port)
    {
        network.TimeWaits.Expire();
        if (port == 0)
        {
            port = network.FindEphemeralPort(candidate => !HasOverlap(sock, candidate));
            if (port == 0)
            {
                return Errno.EADDRINUSE;
            }
        }
        else if (_buckets.TryGetValue(port, out BindBucket? taken) && !taken.Allows(sock) && Conflicts(sock, taken))
        {
            return Errno.EADDRINUSE;
        }

        if (!_buckets.TryGetValue(port, out BindBucket? bucket))
        {
            _buckets.Add(port, bucket = new BindBucket(port));
        }

        bucket.Note(sock);
        if (sock.BindBucket is null)
        {
            bucket.Add(sock);
        }

        return Errno.None;
    }

    /// <summary>Takes a port for a connection, if there is none yet, such that both ends are unique. EADDRNOTAVAIL.</summary>
    public Errno BindForConnect(Sock sock, UInt128 peer, ushort peerPort)
    {
        network.TimeWaits.Expire();
        if (sock.Port != 0)
        {
            return _connections.ContainsKey(new FourTuple(sock.Address, sock.Port, peer, peerPort)) ? Errno.EADDRNOTAVAIL : Errno.None;
        }

        ushort port = network.FindEphemeralPort(candidate =>
            (!_buckets.TryGetValue(candidate, out BindBucket? taken) || taken.ByConnect) &&
            !_connections.ContainsKey(new FourTuple(sock.Address, candidate, peer, peerPort)));
        if (port == 0)
        {
            return Errno.EADDRNOTAVAIL;
        }

        if (!_buckets.TryGetValue(port, out BindBucket? bucket))
        {
            _buckets.Add(port, bucket = new BindBucket(port) { ByConnect = true });
        }

        bucket.Add(sock);
        sock.ShownPort = port;
        return Errno.None;
    }

    /// <summary>Gives the port back.</summary>
    public void Unbind(Sock sock)
    {
        if (sock.BindBucket is { } bucket)
        {
            bucket.Remove(sock);
            if (bucket.IsEmpty)
            {
                _buckets.Remove(bucket.Port);
            }
        }
    }

    /// <summary>Changes the local address of a socket, which may own a port.</summary>
    public static void SetAddress(Sock sock, UInt128 address)
    {
        if (sock.BindBucket is not { } bucket)
        {
            sock.Address = address;
            return;
        }

        bucket.Remove(sock);
        sock.Address = address;
        bucket.Add(sock);
    }

    /// <summary>Enters a listener, joining or founding a group when the flag is set. ENOMEM, EBUSY.</summary>
    public Errno AddListener(Sock sock)
    {
        if (sock.ReusePort)
        {
            Errno error = Join(sock);
            if (error != Errno.None)
            {
                return error;
            }
        }

        sock.HasListened = true;
        sock.AddressNode = _listeners.Add(KeyOf(sock), sock, atTail: sock is { ReusePort: true, Family: IpFamily.V6 });
        sock.IsHashed = true;
        return Errno.None;
    }

    /// <summary>Takes a listener out of lookup and group.</summary>
    public void RemoveListener(Sock sock)
    {
        ReuseportGroup.StopListening(sock, network.TcpMigrateRequests);
        _listeners.Remove(KeyOf(sock), sock.AddressNode!);
        sock.AddressNode = null;
        sock.IsHashed = false;
    }

    public void AddConnection(Sock sock)
    {
        _connections.Add(sock.Tuple, sock);
        sock.IsHashed = true;
    }

    public void RemoveConnection(Sock sock)
    {
        if (_connections.GetValueOrDefault(sock.Tuple) == sock)
        {
            _connections.Remove(sock.Tuple);
        }

        sock.IsHashed = false;
    }

    /// <summary>An accepted connection holds its listener's port too (__inet_inherit_port), and TIME_WAIT that of the connection.</summary>
    public static void InheritPort(Sock child, Sock listener)
    {
        if (listener.BindBucket is { } bucket)
        {
            bucket.Add(child);
        }
        else
        {
            child.Port = listener.Port;
        }

        child.ShownPort = child.Port;
    }

    private static ChainKey KeyOf(Sock sock) => new(TableAddress.ChainOf(sock.Address), sock.Port);

    private static bool Conflicts(Sock sock, BindBucket bucket)
    {
        bool maySharePort = sock.ReusePort && sock.Group is null or { ClosedCount: > 0 };
        foreach (Sock other in bucket.Near(sock))
        {
            if (other == sock || !sock.OverlapsDeviceOf(other) || !sock.OverlapsAddressOf(other))
            {
                continue;
            }

            bool byAddress = sock.ReuseAddress && other.ReuseAddress && other.State != SockState.Listen;
            bool byPort = maySharePort && other.ReusePort && (other.Uid == sock.Uid || other.State == SockState.TimeWait);
            if (!byAddress && !byPort)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>An ephemeral port is shared with nobody whose address overlaps.</summary>
    private bool HasOverlap(Sock sock, ushort port)
    {
        if (_buckets.TryGetValue(port, out BindBucket? bucket))
        {
            foreach (Sock other in bucket.Near(sock))
            {
                if (other != sock && sock.OverlapsDeviceOf(other) && sock.OverlapsAddressOf(other))
                {
                    return true;
                }
            }
        }

        return false;
    }

    private Errno Join(Sock sock)
    {
        for (LinkedListNode<Sock>? node = _listeners.First(KeyOf(sock)); node is not null; node = node.Next)
        {
            if (sock.MayShareGroupWith(node.Value) && node.Value.BindBucket == sock.BindBucket)
            {
                return ReuseportGroup.Join(network.Backend.GroupIds, sock, node.Value, sock.IsWildcard);
            }
        }

        ReuseportGroup.Allocate(network.Backend.GroupIds, sock, sock.IsWildcard);
        return Errno.None;
    }
}
