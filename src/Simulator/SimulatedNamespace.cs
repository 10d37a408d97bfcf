using System.Buffers.Binary;
using System.Net;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Simulator.Packets;
using ReuseportPS.Simulator.Sockets;

namespace ReuseportPS.Simulator;

/// <summary>A network namespace of the simulator: its own sockets and ports, one device (lo, 1), every address local.</summary>
public sealed class SimulatedNamespace : INetworkNamespace
{
    /// <summary>Index of the loopback device.</summary>
    public const int LoopbackIndex = 1;

    private readonly PacketLookup _lookup;
    private readonly List<string> _devices = ["lo"];
    private readonly LinkedList<Sock> _sockets = new();

    internal SimulatedNamespace(SimulatorBackend backend, ulong id, uint hashMix)
    {
        Backend = backend;
        Id = id;
        HashMix = hashMix;
        Udp = new UdpTable(this);
        Tcp = new TcpTable(this);
        Migration = new Migration(this);
        TimeWaits = new TimeWaits(this);
        Handshake = new Handshake(this);
        Connections = new TcpConnections(this);
        _lookup = new PacketLookup(this);
    }

    /// <inheritdoc/>
    public ulong Id { get; }

    /// <summary>The namespace's random word in every socket hash (net_hash_mix); may be set, to reproduce a recorded host.</summary>
    public uint HashMix { internal get; set; }

    /// <summary>net.ipv4.tcp_migrate_req (since 5.14): whether a listener that stops hands its connections over even without a program that says so.</summary>
    public bool TcpMigrateRequests
    {
        get => field && Backend.Behavior.Migrates;
        set;
    }

    /// <summary>TcpExt TCPMigrateReqSuccess: connections and requests that another listener took over.</summary>
    public long MigrationSuccesses => Migration.Successes;

    /// <summary>TcpExt TCPMigrateReqFailure: those that nobody took over, although they might have been.</summary>
    public long MigrationFailures => Migration.Failures;

    /// <summary>net.ipv4.tcp_syncookies.</summary>
    public SynCookieUse SynCookies { get; set; } = SynCookieUse.WhenFull;

    /// <summary>net.ipv4.tcp_fastopen: 1 clients may, 2 servers may, 4 clients need no cookie, 0x200 servers need none.</summary>
    public int FastOpen { get; set; } = 1;

    /// <summary>MTU of lo. Datagrams that the host sends and that do not fit arrive put together again: linear is what the first fragment had.</summary>
    public int LoopbackMtu { get; set; } = 65536;

    /// <summary>Whether <see cref="Deliver"/> puts datagrams into the queues of their receivers. Off for a replay: decisions only.</summary>
    public bool QueuesArrivals { get; set; } = true;

    /// <summary>The calls of helper 82 in the last program run of the last packet; valid until the next packet.</summary>
    public ReadOnlySpan<Selection> LastSelections => Backend.ProgramRun.Selections;

    /// <summary>What was decided about the last unicast packet.</summary>
    internal Decision LastDecision { get; private set; }

    internal SimulatorBackend Backend { get; }

    internal UdpTable Udp { get; }

    internal TcpTable Tcp { get; }

    internal Migration Migration { get; }

    internal TimeWaits TimeWaits { get; }

    internal Handshake Handshake { get; }

    internal TcpConnections Connections { get; }

    /// <summary>Sockets in the order of their creation.</summary>
    internal IEnumerable<Sock> Sockets => _sockets;

    /// <summary>Adds a device that sockets can be bound to and packets can come in by.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>Its index.</returns>
    public int AddDevice(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (_devices.Contains(name))
        {
            throw new ArgumentException($"The namespace has a device '{name}' already.", nameof(name));
        }

        _devices.Add(name);
        return _devices.Count;
    }

    /// <summary>
    /// Decides where a packet goes, and puts a datagram into its receiver's queue when <see cref="QueuesArrivals"/> is on. A TCP segment opens and ends no
    /// connection here: that is done by <see cref="IBackendSocket.Connect"/> and the other operations. Bytes that a capture cut off read as zeros.
    /// </summary>
    /// <param name="packet">The packet.</param>
    /// <param name="cpu">CPU that processes it, from 0.</param>
    /// <param name="linearLength">Bytes from the transport header on in the linear part of the buffer; -1 for what loopback does.</param>
    /// <param name="interfaceIndex">Device it came in by.</param>
    /// <param name="segmentSize">Of a train of datagrams that comes as one packet, the payload of each; 0 when it is one datagram. All go where the first goes.</param>
    public Decision Deliver(in Packet packet, int cpu, int linearLength = -1, int interfaceIndex = LoopbackIndex, int segmentSize = 0) =>
        Receive(in packet, cpu, linearLength, interfaceIndex, out _, segmentSize);

    /// <summary>Nothing to give up: the namespace is gone with its sockets.</summary>
    public void Dispose()
    {
    }

    /// <inheritdoc/>
    public void SetSysctl(string name, long value)
    {
        switch (name)
        {
            case "net.ipv4.tcp_migrate_req":
                TcpMigrateRequests = value != 0;
                break;
            case "net.ipv4.tcp_syncookies" when value is >= 0 and <= 2:
                SynCookies = (SynCookieUse)value;
                break;
            case "net.ipv4.tcp_syncookies":
                throw Refusal.Of(Errno.EINVAL, "sysctl", name, "it is 0, 1 or 2");
            case "net.ipv4.tcp_fastopen":
                FastOpen = (int)value;
                break;
            default:
                throw Refusal.Of(Errno.ENOENT, "sysctl", name, "the simulator has no such sysctl");
        }
    }

    /// <inheritdoc/>
    public long ReadSysctl(string name) => name switch
    {
        "net.ipv4.tcp_migrate_req" when Backend.Behavior.Migrates => TcpMigrateRequests ? 1 : 0,
        "net.ipv4.tcp_syncookies" => (long)SynCookies,
        "net.ipv4.tcp_fastopen" => FastOpen,
        _ => throw Refusal.Of(Errno.ENOENT, "sysctl", name, "the simulator has no such sysctl"),
    };

    /// <inheritdoc/>
    public long ReadCounter(string name) => name switch
    {
        "TCPMigrateReqSuccess" => MigrationSuccesses,
        "TCPMigrateReqFailure" => MigrationFailures,
        _ => throw Refusal.Of(Errno.ENOENT, "read /proc/net/netstat", name, "the simulator has no such counter"),
    };

    internal int FindDevice(string name) => _devices.IndexOf(name) + 1;

    internal Sock CreateSock(TransportProtocol protocol, IpFamily family, uint uid)
    {
        Sock sock = new(this, protocol, family, Backend.NextInode(), uid);
        _sockets.AddLast(sock.Registration);
        return sock;
    }

    /// <summary>The socket of a connection, with what it inherits from its listener.</summary>
    internal Sock CreateChild(Sock listener)
    {
        Sock child = CreateSock(TransportProtocol.Tcp, listener.Family, listener.Uid);
        child.ReusePort = listener.ReusePort;
        child.ReuseAddress = listener.ReuseAddress;
        child.V6Only = listener.V6Only;
        child.FilterLocked = listener.FilterLocked;
        child.InterfaceIndex = listener.InterfaceIndex;
        child.AddressLocked = listener.AddressLocked;
        child.ReceiveShutdown = listener.ReceiveShutdown;
        child.SendShutdown = listener.SendShutdown;
        return child;
    }

    internal void Unregister(Sock sock)
    {
        _sockets.Remove(sock.Registration);
        Backend.Forget(sock);
    }

    /// <summary>A port of the ephemeral range that the caller may use: from a random start upwards, round once. 0 when there is none.</summary>
    internal ushort FindEphemeralPort(Func<ushort, bool> mayUse)
    {
        const uint First = 32768;
        const uint Count = 60999 - First + 1;
        uint start = Backend.EphemeralPorts.NextBelow(Count);
        for (uint i = 0; i < Count; i++)
        {
            ushort port = (ushort)(First + (start + i) % Count);
            if (mayUse(port))
            {
                return port;
            }
        }

        return 0;
    }

    /// <summary><see cref="Deliver"/>, with the receiving socket.</summary>
    internal Decision Receive(in Packet packet, int cpu, int linearLength, int interfaceIndex, out Sock? receiver, int segmentSize = 0)
    {
        receiver = null;
        if ((uint)cpu >= (uint)Backend.Info.CpuCount)
        {
            throw new ArgumentOutOfRangeException(nameof(cpu), cpu, $"The simulated host has {Backend.Info.CpuCount} CPUs.");
        }

        int length = packet.TransportLength;
        if (packet.Flow.Protocol == TransportProtocol.Udp)
        {
            if (!TryReadDatagramLength(in packet, out length))
            {
                return new Decision { Kind = DecisionKind.Malformed, MemberIndex = -1, SeatIndex = -1 };
            }

            UInt128 destination = TableAddress.FromPacket(packet.Flow.Family, packet.Flow.Destination);
            if (TableAddress.IsMulticast(destination))
            {
                return Flood(in packet, length, destination, cpu, interfaceIndex, segmentSize);
            }
        }

        receiver = _lookup.Find(in packet, length, linearLength < 0 ? LinearLength.OnLoopback(in packet, LoopbackMtu) : linearLength, cpu, interfaceIndex);
        if (receiver is not null && packet.Flow.Protocol == TransportProtocol.Udp)
        {
            Take(receiver, in packet, length, cpu, segmentSize);
        }

        bool ran = _lookup.ProgramRuns > 0;
        return LastDecision = new Decision
        {
            Kind = _lookup.Kind,
            Cookie = receiver?.Cookie ?? 0,
            MemberIndex = receiver?.Group is null ? -1 : receiver.GroupIndex,
            SeatIndex = receiver?.Seat is null ? -1 : (int)receiver.SeatIndex,
            Hash = _lookup.Hash,
            IsWildcardPass = _lookup.IsWildcardPass,
            ProgramRuns = _lookup.ProgramRuns,
            Instructions = _lookup.Instructions,
            ProgramResult = ran ? Backend.ProgramRun.Result : 0,
            SelectionCount = ran ? Backend.ProgramRun.Selections.Length : 0,
            Fault = _lookup.Kind == DecisionKind.ProgramFault ? Backend.ProgramRun.Fault : null,
        };
    }

    /// <summary>The length that the UDP header states, which cuts off what follows it. False when the header is not there, or its length is less than its own or more than the packet's.</summary>
    private static bool TryReadDatagramLength(in Packet packet, out int length)
    {
        ReadOnlySpan<byte> captured = packet.Data.Span[packet.TransportOffset..];
        length = captured.Length < PacketWriter.UdpHeaderLength ? 0 : BinaryPrimitives.ReadUInt16BigEndian(captured[4..]);
        if (length == 0 && packet.Flow.Family == IpFamily.V6 && captured.Length >= PacketWriter.UdpHeaderLength)
        {
            length = packet.TransportLength; // RFC 2675: a jumbogram.
        }

        return length >= PacketWriter.UdpHeaderLength && length <= packet.TransportLength;
    }

    /// <summary>Every socket that matches gets a copy; groups and programs have no say.</summary>
    private Decision Flood(in Packet packet, int length, UInt128 destination, int cpu, int interfaceIndex, int segmentSize)
    {
        int copies = 0;
        UInt128 source = TableAddress.FromPacket(packet.Flow.Family, packet.Flow.Source);
        for (LinkedListNode<Sock>? node = Udp.PortChain(packet.Flow.DestinationPort); node is not null; node = node.Next)
        {
            Sock sock = node.Value;
            bool family = packet.Flow.Family == IpFamily.V4 ? !sock.V6Only : sock.Family == IpFamily.V6;
            bool address = TableAddress.ChainOf(sock.Address) == 0 || sock.Address == destination;
            bool device = sock.InterfaceIndex == 0 || sock.InterfaceIndex == interfaceIndex;
            bool peer = sock.State != SockState.Established || (sock.PeerPort == packet.Flow.SourcePort && sock.PeerAddress == source);
            if (family && address && device && peer)
            {
                Take(sock, in packet, length, cpu, segmentSize);
                copies++;
            }
        }

        return new Decision
        {
            Kind = copies == 0 ? DecisionKind.NoSocket : DecisionKind.Multicast,
            MemberIndex = -1,
            SeatIndex = -1,
            Copies = copies,
        };
    }

    private void Take(Sock sock, in Packet packet, int length, int cpu, int segmentSize)
    {
        if (packet.Flow.Family == IpFamily.V4 ? sock.PeerV4 != 0 : sock.PeerAddress != 0)
        {
            sock.IncomingCpu = cpu;
        }

        if (!QueuesArrivals)
        {
            return;
        }

        ReadOnlySpan<byte> captured = packet.Data.Span[packet.TransportOffset..];
        ReadOnlySpan<byte> datagram = captured[..Math.Min(length, captured.Length)];
        IPAddress source = TableAddress.ToIPAddress(sock.Family, TableAddress.FromPacket(packet.Flow.Family, packet.Flow.Source));
        IPEndPoint sender = new(source, packet.Flow.SourcePort);
        sock.Datagrams ??= new DatagramQueue();
        ReadOnlySpan<byte> payload = datagram[PacketWriter.UdpHeaderLength..];
        for (; segmentSize > 0 && payload.Length > segmentSize; payload = payload[segmentSize..])
        {
            sock.Datagrams.TryAdd(payload[..segmentSize], sender);
        }

        sock.Datagrams.TryAdd(payload, sender);
    }
}
