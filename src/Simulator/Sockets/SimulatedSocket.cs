using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Classic;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Programs;
using ReuseportPS.Simulator.Groups;
using ReuseportPS.Simulator.Maps;
using ReuseportPS.Simulator.Packets;
using ReuseportPS.Simulator.Programs;

namespace ReuseportPS.Simulator.Sockets;

/// <summary>A descriptor on a socket: the system calls, with the kernel's checks of their arguments.</summary>
internal sealed class SimulatedSocket : IBackendSocket
{
    private const int LargestDatagram4 = 65507;
    private const int LargestDatagram6 = 65527;
    private const int MostSegments = 128;
    private const int FastOpenClient = 1;

    private readonly Sock _sock;
    private readonly SimulatedProcess _process;
    private readonly int _descriptor;
    private bool _isClosed;

    public SimulatedSocket(Sock sock, SimulatedProcess process)
    {
        _sock = sock;
        _process = process;
        _descriptor = process.Open(this, sock);
        sock.Handles.Add(this);
    }

    public Sock Sock
    {
        get
        {
            ObjectDisposedException.ThrowIf(_isClosed, this);
            return _sock;
        }
    }

    public SocketOwner Owner => new(_process.ProcessId, _descriptor, _process.Command);

    public TransportProtocol Protocol => _sock.Protocol;

    public IpFamily Family => _sock.Family;

    public ulong Cookie => Sock.Cookie;

    public IPEndPoint? LocalEndPoint => Sock.LocalEndPoint;

    private SimulatedNamespace Network => _sock.Network;

    private int Cpu => Network.Backend.CurrentCpu;

    private bool IsTcp => _sock.Protocol == TransportProtocol.Tcp;

    public int GetOption(SocketOption option)
    {
        Sock sock = Sock;
        switch (option)
        {
            case SocketOption.ReusePort:
                return sock.ReusePort ? 1 : 0;
            case SocketOption.ReuseAddress:
                return sock.ReuseAddress ? 1 : 0;
            case SocketOption.IncomingCpu:
                return sock.IncomingCpu;
            case SocketOption.LockFilter:
                return sock.FilterLocked ? 1 : 0;
            case SocketOption.V6Only:
                Check(sock.Family == IpFamily.V6 ? Errno.None : Errno.EOPNOTSUPP, "getsockopt", "IPV6_V6ONLY is an option of IPv6 sockets");
                return sock.V6Only ? 1 : 0;
            case SocketOption.DeferAccept:
                Check(IsTcp ? Errno.None : Errno.EOPNOTSUPP, "getsockopt", "TCP_DEFER_ACCEPT is an option of TCP sockets");
                return DeferredAccept.ToSeconds(sock.DeferAccept);
            case SocketOption.FastOpen or SocketOption.FastOpenConnect:
                Check(IsTcp ? Errno.None : Errno.EOPNOTSUPP, "getsockopt", "TCP Fast Open is an option of TCP sockets");
                return option == SocketOption.FastOpen ? sock.FastOpen : sock.FastOpenConnect ? 1 : 0;
            case SocketOption.SegmentSize:
                Check(IsTcp ? Errno.EOPNOTSUPP : Errno.None, "getsockopt", "UDP_SEGMENT is an option of UDP sockets");
                return sock.SegmentSize;
            default:
                throw new ArgumentOutOfRangeException(nameof(option), option, "No such option.");
        }
    }

    public void SetOption(SocketOption option, int value)
    {
        Sock sock = Sock;
        switch (option)
        {
            case SocketOption.ReusePort:
                sock.ReusePort = value != 0;
                break;
            case SocketOption.ReuseAddress:
                sock.ReuseAddress = value != 0;
                break;
            case SocketOption.IncomingCpu:
                sock.Group?.CountIncomingCpu(sock.IncomingCpu, value);
                sock.IncomingCpu = value;
                break;
            case SocketOption.LockFilter:
                Check(sock.FilterLocked && value == 0 ? Errno.EPERM : Errno.None, "setsockopt", "SO_LOCK_FILTER cannot be cleared");
                sock.FilterLocked = value != 0;
                break;
            case SocketOption.V6Only:
                Check(sock.Family == IpFamily.V6 ? Errno.None : Errno.ENOPROTOOPT, "setsockopt", "IPV6_V6ONLY is an option of IPv6 sockets");
                Check(sock.Port == 0 ? Errno.None : Errno.EINVAL, "setsockopt", "IPV6_V6ONLY is set before bind");
                sock.V6Only = value != 0;
                break;
            case SocketOption.DeferAccept:
                Check(IsTcp ? Errno.None : Errno.ENOPROTOOPT, "setsockopt", "TCP_DEFER_ACCEPT is an option of TCP sockets");
                sock.DeferAccept = DeferredAccept.FromSeconds(value);
                break;
            case SocketOption.FastOpen:
                Check(IsTcp ? Errno.None : Errno.ENOPROTOOPT, "setsockopt", "TCP_FASTOPEN is an option of TCP sockets");
                Check(value < 0 || sock.State == SockState.Established ? Errno.EINVAL : Errno.None, "setsockopt", "TCP_FASTOPEN is not negative, and of a listener");
                sock.FastOpen = value;
                break;
            case SocketOption.FastOpenConnect:
                Check(IsTcp ? Errno.None : Errno.ENOPROTOOPT, "setsockopt", "TCP_FASTOPEN_CONNECT is an option of TCP sockets");
                Check(value is < 0 or > 1 ? Errno.EINVAL : Errno.None, "setsockopt", "TCP_FASTOPEN_CONNECT is 0 or 1");
                Check((Network.FastOpen & FastOpenClient) == 0 ? Errno.EOPNOTSUPP : Errno.None, "setsockopt", "net.ipv4.tcp_fastopen does not let clients");
                Check(sock.State != SockState.Close || sock.Stream is not null ? Errno.EINVAL : Errno.None, "setsockopt", "TCP_FASTOPEN_CONNECT is set before connect");
                sock.FastOpenConnect = value != 0;
                break;
            case SocketOption.SegmentSize:
                Check(IsTcp ? Errno.ENOPROTOOPT : Errno.None, "setsockopt", "UDP_SEGMENT is an option of UDP sockets");
                Check(value is < 0 or > ushort.MaxValue ? Errno.EINVAL : Errno.None, "setsockopt", "UDP_SEGMENT is 0 to 65535");
                sock.SegmentSize = value;
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(option), option, "No such option.");
        }
    }

    public void Bind(IPEndPoint endPoint)
    {
        Sock sock = Sock;
        string subject = $"{Name} to {endPoint}";
        UInt128 address = TableAddress.FromIPAddress(endPoint.Address);
        bool isV4 = endPoint.AddressFamily == AddressFamily.InterNetwork;
        Errno error = (sock.Family, isV4) switch
        {
            (IpFamily.V4, false) => Errno.EAFNOSUPPORT,
            (IpFamily.V6, true) => Errno.EINVAL,
            _ => Errno.None,
        };
        Refusal.Check(error, "bind", subject, "the address is of the other family", "Use an address of the socket's family; ::ffff:a.b.c.d is IPv4 on an IPv6 socket.");
        Refusal.Check(sock.V6Only && TableAddress.IsMapped(address) ? Errno.EINVAL : Errno.None, "bind", subject, "IPV6_V6ONLY is set");
        Refusal.Check(sock.State != SockState.Close || sock.Port != 0 ? Errno.EINVAL : Errno.None, "bind", subject, "the socket is bound already");

        bool wasV6Only = sock.V6Only;
        sock.Address = address;
        if (sock.Family == IpFamily.V6 && address != 0 && !TableAddress.IsMapped(address))
        {
            sock.V6Only = true;
        }

        error = IsTcp ? Network.Tcp.Bind(sock, (ushort)endPoint.Port) : Network.Udp.Bind(sock, (ushort)endPoint.Port);
        if (error != Errno.None)
        {
            sock.Address = 0;
            sock.V6Only = wasV6Only;
            Refusal.Check(
                error, "bind", subject, "the port is taken", "Every socket on the port needs SO_REUSEPORT set before bind, and the same uid.");
        }

        sock.ShownPort = sock.Port;
        sock.AddressLocked = address != 0;
        sock.PortLocked = endPoint.Port != 0;
    }

    public void Listen(int backlog)
    {
        Sock sock = Sock;
        Check(IsTcp ? Errno.None : Errno.EOPNOTSUPP, "listen", "only TCP listens");
        Check(Network.Connections.Listen(sock, backlog), "listen");
    }

    public void Connect(IPEndPoint endPoint)
    {
        Sock sock = Sock;
        if (IsTcp)
        {
            Refusal.Check(sock.State != SockState.Close || sock.Stream is not null ? Errno.EISCONN : Errno.None, "connect", $"{Name} to {endPoint}");
            UInt128 peer = Destination("connect", endPoint);
            Refusal.Check(Network.Connections.Connect(sock, peer, (ushort)endPoint.Port, Cpu), "connect", $"{Name} to {endPoint}");
        }
        else
        {
            // A refused destination leaves the socket bound.
            BindAutomatically("connect");
            Network.Udp.Connect(sock, Destination("connect", endPoint), (ushort)endPoint.Port);
        }
    }

    public void Disconnect()
    {
        if (IsTcp)
        {
            Network.Connections.Disconnect(Sock, Cpu);
        }
        else
        {
            Network.Udp.Disconnect(Sock);
        }
    }

    public void Shutdown(SocketShutdown how)
    {
        Sock sock = Sock;
        if (IsTcp)
        {
            Check(Network.Connections.Shutdown(sock, how, Cpu), "shutdown");
            return;
        }

        Check(sock.State == SockState.Established ? Errno.None : Errno.ENOTCONN, "shutdown");
        sock.ReceiveShutdown |= how != SocketShutdown.Send;
        sock.SendShutdown |= how != SocketShutdown.Receive;
    }

    public void AttachProgram(IBackendProgram program)
    {
        const string Operation = "SO_ATTACH_REUSEPORT_EBPF";
        Sock sock = Sock;
        Check(sock.FilterLocked ? Errno.EPERM : Errno.None, Operation, "SO_LOCK_FILTER is set on the socket", "Attach through another member.");
        KernelProgram? target = (program as SimulatedProgram ?? throw new ArgumentException("The program is of another backend.", nameof(program))).Target;
        Check(target is null ? Errno.EBADF : Errno.None, Operation, "the program is closed");
        Errno unfit = target!.Spec.Type switch
        {
            ProgramType.SkReuseport or ProgramType.SocketFilter => Errno.None,
            _ => Errno.EINVAL,
        };
        Check(unfit, Operation, "a program of this type steers no group");
        GroupToAttachTo(Operation).SetProgram(target);
    }

    public void AttachClassicProgram(ClassicProgram program)
    {
        const string Operation = "SO_ATTACH_REUSEPORT_CBPF";
        Check(Sock.FilterLocked ? Errno.EPERM : Errno.None, Operation, "SO_LOCK_FILTER is set on the socket", "Attach through another member.");
        ImmutableArray<Diagnostic> findings = ClassicChecker.Check(program.Instructions.AsSpan());
        if (!findings.IsEmpty)
        {
            throw new BackendException(Errno.EINVAL, Operation, findings[0]);
        }

        GroupToAttachTo(Operation).SetProgram(program);
    }

    public void DetachProgram()
    {
        const string Operation = "SO_DETACH_REUSEPORT_BPF";
        Sock sock = Sock;
        if (sock.Group is not { } group)
        {
            throw Refusal.Of(sock.ReusePort ? Errno.ENOENT : Errno.EINVAL, Operation, Name, "the socket is in no group");
        }

        Check(!sock.IsHashed && group.ClosedCount > 0 ? Errno.ENOENT : Errno.None, Operation, "the socket was shut down");
        Check(!group.HasProgram ? Errno.ENOENT : Errno.None, Operation, "the group has no program");
        group.SetProgram((KernelProgram?)null);
    }

    public void SendTo(ReadOnlySpan<byte> datagram, IPEndPoint destination)
    {
        Check(IsTcp ? Errno.EISCONN : Errno.None, "sendto", "TCP sends to its peer only");
        BindAutomatically("sendto");
        Check(destination.Port == 0 ? Errno.EINVAL : Errno.None, "sendto", "port 0 is no destination");
        SendDatagram("sendto", datagram, Destination("sendto", destination), (ushort)destination.Port);
    }

    public void Send(ReadOnlySpan<byte> data)
    {
        Sock sock = Sock;
        if (IsTcp)
        {
            Check(Network.Connections.Send(sock, data, Cpu), "send");
            return;
        }

        BindAutomatically("send");
        Check(sock.State == SockState.Established ? Errno.None : Errno.EDESTADDRREQ, "send", "the socket has no peer");
        SendDatagram("send", data, sock.PeerAddress, sock.PeerPort);
    }

    public bool TryReceive(Span<byte> buffer, out int length, out IPEndPoint? source)
    {
        Sock sock = Sock;
        source = null;
        if (IsTcp)
        {
            Check(TcpConnections.Receive(sock, buffer, out length), "recv");
            bool something = length >= 0;
            length = Math.Max(length, 0);
            return something;
        }

        length = 0;
        CheckPendingError("recv");
        if (sock.Datagrams is { } queue && queue.TryTake(out byte[] payload, out IPEndPoint sender))
        {
            length = Math.Min(buffer.Length, payload.Length);
            payload.AsSpan(0, length).CopyTo(buffer);
            source = sender;
            return true;
        }

        return sock.ReceiveShutdown;
    }

    public IBackendSocket? TryAccept(out IPEndPoint? peer)
    {
        Sock sock = Sock;
        peer = null;
        Check(IsTcp ? Errno.None : Errno.EOPNOTSUPP, "accept", "only TCP accepts");
        Check(sock.State == SockState.Listen ? Errno.None : Errno.EINVAL, "accept", "the socket does not listen");
        if (TcpConnections.Accept(sock) is not { } child)
        {
            return null;
        }

        peer = new IPEndPoint(TableAddress.ToIPAddress(child.Family, child.PeerAddress), child.PeerPort);
        return new SimulatedSocket(child, _process);
    }

    public IBackendSocket Duplicate() => new SimulatedSocket(Sock, _process);

    public void Abort() => Close(reset: true);

    public void Dispose() => Close(reset: false);

    /// <summary>Whether a receive or an accept would give something.</summary>
    public bool IsReadable() =>
        Sock.AcceptQueue.Count > 0 || _sock.Datagrams is { Count: > 0 } || _sock.PendingError != Errno.None || _sock.ReceiveShutdown ||
        _sock.Stream is { HasData: true } or { IsEnded: true } or { IsReset: true };

    private string Name =>
        $"{(IsTcp ? "tcp" : "udp")}{(Family == IpFamily.V6 ? "6" : "")} socket{(_sock.LocalEndPoint is { } local ? $" {local}" : "")}";

    private void Close(bool reset)
    {
        if (_isClosed)
        {
            return;
        }

        _isClosed = true;
        _process.Close(_descriptor);
        _sock.Handles.Remove(this);
        if (_sock.Handles.Count > 0)
        {
            return;
        }

        SockMapEntry.RemoveAll(_sock);
        if (IsTcp)
        {
            Network.Connections.Close(_sock, reset, Cpu);
        }
        else
        {
            Network.Udp.Unhash(_sock);
            ReuseportGroup.Detach(_sock);
        }

        Network.Unregister(_sock);
    }

    private ReuseportGroup GroupToAttachTo(string operation)
    {
        Sock sock = Sock;
        if (!sock.IsHashed)
        {
            Check(sock.ReusePort ? Errno.None : Errno.EINVAL, operation, "SO_REUSEPORT is off", "Set SO_REUSEPORT before bind.");
            ReuseportGroup.Allocate(Network.Backend.GroupIds, sock, bindInAny: false);
        }
        else
        {
            Check(
                sock.Group is null ? Errno.EINVAL : Errno.None, operation,
                "the socket is in no group", "It was bound without SO_REUSEPORT, or is connected.");
        }

        return sock.Group!;
    }

    private void BindAutomatically(string operation)
    {
        if (Sock.Port == 0)
        {
            Check(Network.Udp.Bind(_sock, 0) == Errno.None ? Errno.None : Errno.EAGAIN, operation, "no ephemeral port is free");
            _sock.ShownPort = _sock.Port;
        }
    }

    private void SendDatagram(string operation, ReadOnlySpan<byte> payload, UInt128 destination, ushort port)
    {
        Sock sock = Sock;
        Check(sock.SendShutdown ? Errno.EPIPE : Errno.None, operation, "the socket was shut down");
        IpFamily family = TableAddress.FamilyOf(destination);
        Check(destination == TableAddress.Broadcast ? Errno.EACCES : Errno.None, operation, "broadcasts need SO_BROADCAST");
        int largest = family == IpFamily.V4 ? LargestDatagram4 : LargestDatagram6;
        Check(payload.Length > largest ? Errno.EMSGSIZE : Errno.None, operation, "the datagram is too long");
        CheckPendingError(operation);
        if (sock.SegmentSize > 0)
        {
            // A train is never in fragments.
            int header = IpHeader.LengthOf(family) + PacketWriter.UdpHeaderLength;
            Check(
                header + Math.Min(payload.Length, sock.SegmentSize) > Network.LoopbackMtu ? Errno.EMSGSIZE : Errno.None, operation,
                "a datagram of the train is longer than the MTU");
            Check(payload.Length > sock.SegmentSize * MostSegments ? Errno.EINVAL : Errno.None, operation, "a train has 128 datagrams at most");
        }

        UInt128 source = TableAddress.ChainOf(sock.Address) == 0 ? TableAddress.SourceFor(destination) : sock.Address;
        FlowKey flow = new(family, TransportProtocol.Udp, TableAddress.ToPacket(family, source), TableAddress.ToPacket(family, destination), sock.Port, port);
        Packet packet = PacketWriter.Datagram(flow, payload, Network.Backend.Nanoseconds, Cpu);
        int linearLength = sock.SegmentSize > 0 ? PacketWriter.UdpHeaderLength : -1;
        Decision decision = Network.Receive(in packet, Cpu, linearLength, SimulatedNamespace.LoopbackIndex, out _, sock.SegmentSize);
        bool isToPeer = sock.State == SockState.Established && destination == sock.PeerAddress && port == sock.PeerPort;
        if (!decision.IsDelivered && isToPeer)
        {
            // The port unreachable answer reaches connected sockets only.
            sock.PendingError = Errno.ECONNREFUSED;
        }
    }

    /// <summary>Table form of where to send to; 0.0.0.0 and :: mean this host.</summary>
    private UInt128 Destination(string operation, IPEndPoint endPoint)
    {
        UInt128 address = TableAddress.FromIPAddress(endPoint.Address);
        bool isV4 = endPoint.AddressFamily == AddressFamily.InterNetwork || TableAddress.IsMapped(address);
        if (_sock.V6Only && isV4)
        {
            throw Refusal.Of(Errno.ENETUNREACH, operation, $"{Name} to {endPoint}", "the socket is IPv6 only");
        }

        if (!isV4 && (_sock.Family == IpFamily.V4 || TableAddress.IsMapped(_sock.Address)))
        {
            throw Refusal.Of(Errno.EAFNOSUPPORT, operation, $"{Name} to {endPoint}", "the socket sends over IPv4");
        }

        return address != 0 ? address : isV4 ? TableAddress.FromV4(TableAddress.Loopback4) : TableAddress.Loopback6;
    }

    private void CheckPendingError(string operation)
    {
        Errno error = Sock.PendingError;
        _sock.PendingError = Errno.None;
        Check(error, operation, "nobody received an earlier datagram");
    }

    private void Check(Errno errno, string operation, string? reason = null, string? remedy = null)
    {
        if (errno != Errno.None)
        {
            throw Refusal.Of(errno, operation, Name, reason, remedy);
        }
    }
}
