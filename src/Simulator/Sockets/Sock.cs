using System.Net;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Simulator.Groups;
using ReuseportPS.Simulator.Maps;

namespace ReuseportPS.Simulator.Sockets;

/// <summary>
/// A socket as the kernel holds it (<c>struct sock</c>). Handles come and go; this is what tables, groups and socket maps
/// point at. It carries state only: what is done with it is in the tables.
/// </summary>
internal sealed class Sock
{
    private ulong _cookie;

    public Sock(SimulatedNamespace network, TransportProtocol protocol, IpFamily family, ulong inode, uint uid)
    {
        Network = network;
        Protocol = protocol;
        Family = family;
        Inode = inode;
        Uid = uid;
        Registration = new LinkedListNode<Sock>(this);
    }

    public SimulatedNamespace Network { get; }

    public TransportProtocol Protocol { get; }

    public IpFamily Family { get; }

    public ulong Inode { get; }

    /// <summary>Owner of the socket's inode: the uid that created it, whoever binds it.</summary>
    public uint Uid { get; }

    /// <summary>Its place in the namespace's list of sockets.</summary>
    public LinkedListNode<Sock> Registration { get; }

    /// <summary>Handles open on it.</summary>
    public List<SimulatedSocket> Handles { get; } = [];

    public bool ReusePort { get; set; }

    public bool ReuseAddress { get; set; }

    public bool V6Only { get; set; }

    public bool FilterLocked { get; set; }

    public int IncomingCpu { get; set; } = -1;

    public int InterfaceIndex { get; set; }

    public SockState State { get; set; } = SockState.Close;

    /// <summary>Local address that packets are matched with (sk_rcv_saddr), in table form.</summary>
    public UInt128 Address { get; set; }

    /// <summary>Bound port, 0 when none (inet_num).</summary>
    public ushort Port { get; set; }

    /// <summary>Port that getsockname shows (inet_sport): outlives <see cref="Port"/> after a TCP socket gave it back.</summary>
    public ushort ShownPort { get; set; }

    /// <summary>Peer address (sk_v6_daddr), in table form. A UDP socket of IPv6 keeps it after it disconnected.</summary>
    public UInt128 PeerAddress { get; set; }

    /// <summary>Peer address of IPv4 (inet_daddr), 0 when there is none; cleared by a disconnect.</summary>
    public uint PeerV4 { get; set; }

    public ushort PeerPort { get; set; }

    /// <summary>The address was given to bind (SOCK_BINDADDR_LOCK) and survives a disconnect.</summary>
    public bool AddressLocked { get; set; }

    /// <summary>The port was given to bind (SOCK_BINDPORT_LOCK) and survives a disconnect.</summary>
    public bool PortLocked { get; set; }

    /// <summary>Whether it is in the tables: UDP bound, TCP listening or connected.</summary>
    public bool IsHashed { get; set; }

    /// <summary>A TCP socket that was a listener once: what else it becomes, it may be seated in a sockarray while it is in a table (SOCK_RCU_FREE).</summary>
    public bool HasListened { get; set; }

    public ReuseportGroup? Group { get; set; }

    /// <summary>Index in the live or closed section of <see cref="Group"/>.</summary>
    public int GroupIndex { get; set; }

    /// <summary>The sockarray that it sits in, or null.</summary>
    public SockArray? Seat { get; set; }

    public uint SeatIndex { get; set; }

    /// <summary>Its keys in SOCKMAP and SOCKHASH.</summary>
    public List<SockMapEntry> MapEntries { get; } = [];

    public LinkedListNode<Sock>? PortNode { get; set; }

    public LinkedListNode<Sock>? AddressNode { get; set; }

    /// <summary>It lies in its UDP chain by address since its address changed, not since it was bound.</summary>
    public bool HasMoved { get; set; }

    public LinkedListNode<Sock>? TupleNode { get; set; }

    /// <summary>The ends under which <see cref="TupleNode"/> lies; not always the present ones.</summary>
    public FourTuple TupleKey { get; set; }

    public BindBucket? BindBucket { get; set; }

    public LinkedListNode<Sock>? BindNode { get; set; }

    /// <summary>Error of an earlier packet, reported by the next call (sk_err).</summary>
    public Errno PendingError { get; set; }

    public bool ReceiveShutdown { get; set; }

    public bool SendShutdown { get; set; }

    public DatagramQueue? Datagrams { get; set; }

    public TcpStream? Stream { get; set; }

    /// <summary>Connections of a listener that nobody accepted yet.</summary>
    public Queue<Sock> AcceptQueue { get; } = new();

    public int Backlog { get; set; }

    /// <summary>TCP_DEFER_ACCEPT: how often the SYN-ACK is sent again before a handshake without data is accepted; 0 for off.</summary>
    public int DeferAccept { get; set; }

    /// <summary>TCP_FASTOPEN of a listener; 0 for off.</summary>
    public int FastOpen { get; set; }

    /// <summary>TCP_FASTOPEN_CONNECT.</summary>
    public bool FastOpenConnect { get; set; }

    /// <summary>UDP_SEGMENT; 0 for off.</summary>
    public int SegmentSize { get; set; }

    /// <summary>The listener that a request belongs to (rsk_listener).</summary>
    public Sock? Listener { get; set; }

    /// <summary>How often the timer of this request has run.</summary>
    public int Timeouts { get; set; }

    /// <summary>Requests that belong to this listener, stopped or not.</summary>
    public int RequestCount { get; set; }

    /// <summary>Those of them whose timer has not run yet.</summary>
    public int YoungRequestCount { get; set; }

    /// <summary>Every handle is closed; only requests keep the socket.</summary>
    public bool IsOrphan { get; set; }

    /// <summary>When this listener, outside any group, last gave a SYN cookie.</summary>
    public long? LastCookie;

    /// <summary>In TIME_WAIT: the other side has yet to close (FIN_WAIT2).</summary>
    public bool IsHalfClosed { get; set; }

    /// <summary>In TIME_WAIT: sequence number that the other side continues with.</summary>
    public uint ReceiveNext { get; set; }

    /// <summary>In TIME_WAIT: when it is over, by the host's clock.</summary>
    public long TimeWaitEnd { get; set; }

    public bool HasCookie => _cookie != 0;

    /// <summary>SO_COOKIE: given out at the first question, as the kernel does.</summary>
    public ulong Cookie => _cookie != 0 ? _cookie : _cookie = Network.Backend.NextCookie(this);

    /// <summary>Gives it the cookie that it had on another host, before anybody asked for one.</summary>
    public void TakeCookie(ulong cookie) => _cookie = Network.Backend.TakeCookie(this, cookie);

    public bool IsWildcard => Address == 0;

    public FourTuple Tuple => new(Address, Port, PeerAddress, PeerPort);

    public IPEndPoint? LocalEndPoint => ShownPort == 0 && Address == 0 ? null : new IPEndPoint(TableAddress.ToIPAddress(Family, Address), ShownPort);

    public bool OverlapsAddressOf(Sock other) =>
        TableAddress.Overlap(Family, Address, V6Only, other.Family, other.Address, other.V6Only);

    public bool OverlapsDeviceOf(Sock other) =>
        InterfaceIndex == 0 || other.InterfaceIndex == 0 || InterfaceIndex == other.InterfaceIndex;

    /// <summary>Whether the two may be in one group (the rule of joining): everything equal, the flag set on both now.</summary>
    public bool MayShareGroupWith(Sock other) =>
        other != this && other.Family == Family && other.V6Only == V6Only && other.Port == Port && other.InterfaceIndex == InterfaceIndex &&
        other.ReusePort && other.Uid == Uid && other.Address == Address;
}
