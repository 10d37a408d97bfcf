using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Simulator.Groups;

namespace ReuseportPS.Simulator.Sockets;

/// <summary>
/// The UDP sockets of a namespace: by port (conflicts and joining), by address and port (lookup), by both ends (connected). Insertion is at
/// the head, except that an IPv6 socket with SO_REUSEPORT goes to the tail. (udp_lib_get_port, udp_lib_unhash, udp_lib_rehash, udp_lib_hash4)
/// </summary>
internal sealed class UdpTable(SimulatedNamespace network)
{
    /// <summary>A port with more sockets than this is searched for conflicts by address.</summary>
    private const int LongestSearchedChain = 10;

    private readonly SockTable<ushort> _byPort = new();
    private readonly SockTable<ChainKey> _byAddress = new();
    private readonly SockTable<FourTuple> _byTuple = new();

    /// <summary>How many sockets of a chain by address came there by a change of address: only they stand in another order than in the chain by port.</summary>
    private readonly Dictionary<ChainKey, int> _movedInto = [];

    public bool HasConnected => !_byTuple.IsEmpty;

    public LinkedListNode<Sock>? Chain(ChainKey key) => _byAddress.First(key);

    public LinkedListNode<Sock>? PortChain(ushort port) => _byPort.First(port);

    public Sock? FindConnected(FourTuple tuple, int interfaceIndex)
    {
        for (LinkedListNode<Sock>? node = _byTuple.First(tuple); node is not null; node = node.Next)
        {
            Sock sock = node.Value;
            if (sock.State == SockState.Established && sock.Tuple == tuple && (sock.InterfaceIndex == 0 || sock.InterfaceIndex == interfaceIndex))
            {
                return sock;
            }
        }

        return null;
    }

    /// <summary>Takes a port, joins or founds a group when the flag is set, and enters the tables. Port 0 asks for an ephemeral one. EADDRINUSE.</summary>
    public Errno Bind(Sock sock, ushort port)
    {
        if (port == 0)
        {
            port = network.FindEphemeralPort(candidate => !ConflictsWithAny(sock, candidate));
            if (port == 0)
            {
                return Errno.EADDRINUSE;
            }
        }
        else if (FirstDecides(sock, port))
        {
            return Errno.EADDRINUSE;
        }

        sock.Port = port;
        if (sock.ReusePort && Join(sock) != Errno.None)
        {
            sock.Port = 0;
            return Errno.EADDRINUSE;
        }

        bool atTail = sock is { ReusePort: true, Family: IpFamily.V6 };
        sock.PortNode = _byPort.Add(port, sock, atTail);
        sock.AddressNode = _byAddress.Add(KeyOf(sock), sock, atTail);
        sock.IsHashed = true;
        return Errno.None;
    }

    public void Unhash(Sock sock)
    {
        if (!sock.IsHashed)
        {
            return;
        }

        ReuseportGroup.Detach(sock);
        RemoveTuple(sock);
        _byPort.Remove(sock.Port, sock.PortNode!);
        RemoveFromAddress(KeyOf(sock), sock);
        sock.PortNode = sock.AddressNode = null;
        sock.IsHashed = false;
        sock.Port = 0;
    }

    /// <summary>connect(2) of a bound socket: it leaves its group, which remembers that it had a connection if the socket had an address before.</summary>
    public void Connect(Sock sock, UInt128 peer, ushort peerPort)
    {
        sock.PeerAddress = peer;
        sock.PeerV4 = TableAddress.IsMapped(peer) ? (uint)peer : 0;
        sock.PeerPort = peerPort;
        if (sock.Address == 0)
        {
            Rehash(sock, TableAddress.SourceFor(peer));
        }

        if (sock.Group is { } group)
        {
            group.HasConnections = true;
        }

        sock.State = SockState.Established;
        AddTuple(sock);
    }

    /// <summary>connect(2) with AF_UNSPEC: what bind was not given goes; the group is not joined again (__udp_disconnect).</summary>
    public void Disconnect(Sock sock)
    {
        sock.State = SockState.Close;
        sock.PeerV4 = 0;
        sock.PeerPort = 0;
        sock.InterfaceIndex = 0;
        if (sock.Family == IpFamily.V4)
        {
            sock.PeerAddress = 0;
        }

        if (!sock.PortLocked)
        {
            Unhash(sock);
            sock.ShownPort = 0;
        }

        if (!sock.AddressLocked)
        {
            Rehash(sock, 0);
        }
    }

    /// <summary>The local address changes: the socket leaves its group whatever the new address, and a new chain takes it at the head.</summary>
    private void Rehash(Sock sock, UInt128 address)
    {
        if (!sock.IsHashed)
        {
            sock.Address = address;
            return;
        }

        ReuseportGroup.Detach(sock);
        ChainKey old = KeyOf(sock);
        sock.Address = address;
        ChainKey key = KeyOf(sock);
        if (key != old)
        {
            RemoveFromAddress(old, sock);
            sock.AddressNode = _byAddress.Add(key, sock);
            sock.HasMoved = true;
            _movedInto[key] = _movedInto.GetValueOrDefault(key) + 1;
        }

        if (sock.TupleNode is not null && sock.TupleKey != sock.Tuple)
        {
            RemoveTuple(sock);
            EnterTuple(sock);
        }
    }

    private void RemoveFromAddress(ChainKey key, Sock sock)
    {
        _byAddress.Remove(key, sock.AddressNode!);
        if (!sock.HasMoved)
        {
            return;
        }

        sock.HasMoved = false;
        if (--_movedInto[key] == 0)
        {
            _movedInto.Remove(key);
        }
    }

    /// <summary>
    /// A socket that connects for the first time enters the table by both ends and leaves its group. It stays in the table, under the ends that it
    /// had, until it is unhashed: so a later connect neither moves it nor takes it out of a group that found it in the meantime.
    /// </summary>
    private void AddTuple(Sock sock)
    {
        if (network.Backend.Behavior.ConnectedUdpLeaves && sock.TupleNode is null && sock.IsHashed && sock.Address != 0)
        {
            ReuseportGroup.Detach(sock);
            EnterTuple(sock);
        }
    }

    private void EnterTuple(Sock sock)
    {
        sock.TupleKey = sock.Tuple;
        sock.TupleNode = _byTuple.Add(sock.TupleKey, sock);
    }

    private void RemoveTuple(Sock sock)
    {
        if (sock.TupleNode is { } node)
        {
            _byTuple.Remove(sock.TupleKey, node);
            sock.TupleNode = null;
        }
    }

    private static ChainKey KeyOf(Sock sock) => new(TableAddress.ChainOf(sock.Address), sock.Port);

    private static bool Concerns(Sock sock, Sock other) =>
        other != sock && !(other.ReuseAddress && sock.ReuseAddress) && sock.OverlapsDeviceOf(other) && sock.OverlapsAddressOf(other);

    private static bool MayShare(Sock sock, Sock other) =>
        other.ReusePort && sock.ReusePort && sock.Group is null && other.Uid == sock.Uid;

    /// <summary>
    /// The first socket that the bind concerns decides alone. On a port with many sockets two do: the first of those with the same address, and the first of
    /// those with the wildcard. (udp_lib_lport_inuse, udp_lib_lport_inuse2)
    /// </summary>
    private bool FirstDecides(Sock sock, ushort port) =>
        sock.IsWildcard || _byPort.Count(port) <= LongestSearchedChain
            ? FirstRefuses(sock, _byPort.First(port))
            : FirstRefuses(sock, _byAddress.First(new ChainKey(TableAddress.ChainOf(sock.Address), port))) || FirstRefuses(sock, _byAddress.First(new ChainKey(0, port)));

    private static bool FirstRefuses(Sock sock, LinkedListNode<Sock>? first)
    {
        for (LinkedListNode<Sock>? node = first; node is not null; node = node.Next)
        {
            if (Concerns(sock, node.Value))
            {
                return !MayShare(sock, node.Value);
            }
        }

        return false;
    }

    /// <summary>For an ephemeral port every socket counts.</summary>
    private bool ConflictsWithAny(Sock sock, ushort port)
    {
        for (LinkedListNode<Sock>? node = _byPort.First(port); node is not null; node = node.Next)
        {
            if (Concerns(sock, node.Value) && !MayShare(sock, node.Value))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Joins the first in the chain by port that it may share a group with; such have the same address.</summary>
    private Errno Join(Sock sock)
    {
        ChainKey key = KeyOf(sock);
        for (LinkedListNode<Sock>? node = _movedInto.ContainsKey(key) ? _byPort.First(sock.Port) : _byAddress.First(key); node is not null; node = node.Next)
        {
            if (sock.MayShareGroupWith(node.Value))
            {
                return ReuseportGroup.Join(network.Backend.GroupIds, sock, node.Value, sock.IsWildcard);
            }
        }

        ReuseportGroup.Allocate(network.Backend.GroupIds, sock, sock.IsWildcard);
        return Errno.None;
    }
}
