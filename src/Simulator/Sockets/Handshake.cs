using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Simulator.Packets;

namespace ReuseportPS.Simulator.Sockets;

/// <summary>
/// The handshakes of a namespace, both ends: SYN, the request that waits for the last segment where the listener defers it, the cookie in its place.
/// (tcp_conn_request, tcp_check_req, tcp_v4_syn_recv_sock, cookie_v4_check and the IPv6 twins)
/// </summary>
internal sealed class Handshake(SimulatedNamespace network)
{
    /// <summary>Two seconds of patience see the SYN and one more of it.</summary>
    private const int Transmissions = 2;

    private const long CookieLife = 120_000_000_000;
    private const uint NextInitialSequence = 65536;

    /// <summary>net.ipv4.tcp_synack_retries, and TCP_TIMEOUT_INIT and TCP_RTO_MAX.</summary>
    private const int SynAckRetries = 5;
    private const long FirstTimeout = 1_000_000_000;
    private const long LongestTimeout = 120_000_000_000;

    /// <summary>net.ipv4.tcp_fastopen: servers may, and need no cookie.</summary>
    private const int FastOpenServer = 0x202;

    /// <summary>Opens a connection from a client that has its end point, with data in the SYN if there are any. ECONNREFUSED, ECONNRESET, ETIMEDOUT.</summary>
    public Errno Open(Sock client, UInt128 peer, ushort peerPort, ReadOnlySpan<byte> data, int cpu)
    {
        client.PeerAddress = peer;
        client.PeerPort = peerPort;
        client.PendingError = Errno.None;
        if (client.Tuple == FarTuple(client))
        {
            // The SYN meets the socket that sent it: a simultaneous open, of one.
            client.State = SockState.Established;
            client.IncomingCpu = cpu;
            client.Stream = new TcpStream { Peer = client, SendNext = network.Backend.Sequences.NextUInt32() };
            network.Tcp.AddConnection(client);
            return Errno.None;
        }

        for (int transmission = 0; transmission < Transmissions; transmission++)
        {
            if (SendSyn(client, data, cpu) is not Errno.ETIMEDOUT and Errno outcome)
            {
                return outcome;
            }
        }

        return Errno.ETIMEDOUT;
    }

    /// <summary>
    /// A client whose handshake is over for it alone sends data, or the end of its stream: with that the server has a connection, or answers with a reset.
    /// False when there was no such handshake.
    /// </summary>
    public bool TrySend(Sock client, ReadOnlySpan<byte> data, bool ends, int cpu)
    {
        TcpStream stream = client.Stream!;
        bool byRequest = RequestOf(client) is not null;
        if (!byRequest && !stream.AwaitsCookie)
        {
            return false;
        }

        byte flags = (byte)(PacketWriter.Ack | (data.IsEmpty ? 0 : PacketWriter.Push) | (ends ? PacketWriter.Fin : 0));
        stream.Hold(data, ends);
        Answer(client, Deliver(client, flags, stream.Held, cpu), cpu);
        return true;
    }

    /// <summary>A client whose handshake is over for it alone resets the connection.</summary>
    public void Reset(Sock client, int cpu)
    {
        if (RequestOf(client) is null && client.Stream is not { AwaitsCookie: true })
        {
            return;
        }

        // The request of a listener that stopped is offered to others even for this.
        _ = Deliver(client, PacketWriter.Reset | PacketWriter.Ack, [], cpu);
        if (RequestOf(client) is { } request)
        {
            Drop(request);
        }
    }

    /// <summary>A request is over, one way or the other.</summary>
    public void Drop(Sock request)
    {
        network.Tcp.RemoveConnection(request);
        Unlink(request);
    }

    /// <summary>
    /// The timer of the SYN-ACK, after 1 s, 2 s more, 4 s more …: the request of a listener that stopped moves to another or ends; where no data is waited for any
    /// longer the SYN-ACK goes out again, and the client's answer to it completes the handshake. (reqsk_timer_handler, syn_ack_recalc)
    /// </summary>
    public void OnTimer(Sock request)
    {
        Sock listener = request.Listener!;
        bool moves = listener.State != SockState.Listen;
        if (moves)
        {
            if (network.Migration.FindHeir(listener, request, packet: null, length: 0, linearLength: 0, request.IncomingCpu) is not { } heir)
            {
                Drop(request);
                return;
            }

            Unlink(request);
            listener = heir;
            Link(request, heir);
        }

        int timeouts = request.Timeouts;
        if (timeouts >= RetriesOf(listener) && timeouts >= listener.DeferAccept)
        {
            if (moves)
            {
                network.Migration.CountFailure();
            }

            Drop(request);
            return;
        }

        if (moves)
        {
            network.Migration.CountSuccess();
        }

        if (request.Timeouts++ == 0)
        {
            listener.YoungRequestCount--;
        }

        network.Backend.RequestTimers.Start(request, Math.Min(FirstTimeout << request.Timeouts, LongestTimeout));
        if (timeouts >= listener.DeferAccept - 1 && network.Tcp.FindConnection(FarTuple(request)) is { Stream: not null } client)
        {
            Sock? reached = Deliver(client, PacketWriter.Ack, [], request.IncomingCpu);
            if (request.Timeouts >= listener.DeferAccept)
            {
                Answer(client, reached, request.IncomingCpu);
            }
        }
    }

    private static FourTuple FarTuple(Sock client) => new(client.PeerAddress, client.PeerPort, client.Address, client.Port);

    private static bool IsQueueFull(Sock listener) => listener.AcceptQueue.Count > listener.Backlog;

    private Sock? RequestOf(Sock client) => network.Tcp.FindConnection(FarTuple(client)) is { State: SockState.NewSynReceived } request ? request : null;

    private static FlowKey FlowOf(Sock client)
    {
        IpFamily family = TableAddress.FamilyOf(client.PeerAddress);
        return new FlowKey(
            family, TransportProtocol.Tcp, TableAddress.ToPacket(family, client.Address), TableAddress.ToPacket(family, client.PeerAddress), client.Port, client.PeerPort);
    }

    private uint TimestampValue => (uint)(network.Backend.Nanoseconds / 1_000_000);

    private Errno SendSyn(Sock client, ReadOnlySpan<byte> data, int cpu)
    {
        Sock? met = network.Tcp.FindConnection(FarTuple(client));
        bool isReopening = met is { State: SockState.TimeWait, IsHalfClosed: false };

        // Initial sequence numbers follow a clock: those of a later connection between the same ends come after those of the one before.
        uint sequence = isReopening ? met!.ReceiveNext + NextInitialSequence : network.Backend.Sequences.NextUInt32();
        Packet syn = PacketWriter.SynSegment(FlowOf(client), sequence, TimestampValue, data, network.Backend.Nanoseconds, cpu);
        _ = network.Receive(in syn, cpu, -1, SimulatedNamespace.LoopbackIndex, out Sock? listener);
        if (met is not null)
        {
            // Answered with an ACK that the client did not ask for, its reset ends what is there; a SYN that was taken ends TIME_WAIT.
            network.Connections.Forget(met);
        }

        if (listener is not { State: SockState.Listen })
        {
            // A member that was shut down, and selected all the same, does not answer.
            if (met is not null || listener is not null)
            {
                return Errno.ETIMEDOUT;
            }

            client.IncomingCpu = cpu;
            return Errno.ECONNREFUSED;
        }

        bool byCookie = false;
        if ((network.SynCookies == SynCookieUse.Always || listener.RequestCount > listener.Backlog) && !isReopening)
        {
            if (network.SynCookies == SynCookieUse.Never)
            {
                return Errno.ETIMEDOUT;
            }

            byCookie = true;
        }

        if (IsQueueFull(listener))
        {
            return Errno.ETIMEDOUT;
        }

        client.State = SockState.Established;
        client.IncomingCpu = cpu;
        client.Stream = new TcpStream { SendNext = sequence + 1, AwaitsCookie = byCookie };
        network.Tcp.AddConnection(client);
        if (byCookie)
        {
            Overflow(listener) = network.Backend.Nanoseconds;
            Answer(client, Deliver(client, PacketWriter.Ack, [], cpu), cpu);
            return client.Stream.IsReset ? Errno.ECONNRESET : Errno.None;
        }

        if (!data.IsEmpty && listener.FastOpen > 0 && (network.FastOpen & FastOpenServer) == FastOpenServer)
        {
            // The connection is there before its handshake is done (tcp_fastopen_create_child).
            Establish(listener, client, cpu);
            return network.Connections.Send(client, data, cpu);
        }

        if (listener.DeferAccept > 0)
        {
            AddRequest(listener, client, cpu);
        }
        else
        {
            Establish(listener, client, cpu);
        }

        // What a listener leaves in the SYN is sent again after it.
        return data.IsEmpty ? Errno.None : network.Connections.Send(client, data, cpu);
    }

    private Sock? Deliver(Sock client, byte flags, ReadOnlySpan<byte> data, int cpu)
    {
        Packet segment = PacketWriter.Segment(FlowOf(client), flags, client.Stream!.SendNext, TimestampValue, data, network.Backend.Nanoseconds, cpu);
        _ = network.Receive(in segment, cpu, -1, SimulatedNamespace.LoopbackIndex, out Sock? listener);
        return listener;
    }

    /// <summary>What the socket that a segment reached does with it: completes the request, believes the cookie, or answers with a reset.</summary>
    private void Answer(Sock client, Sock? listener, int cpu)
    {
        Sock? request = RequestOf(client);
        if (listener is not { State: SockState.Listen } || (request is null && !Believes(client, listener)))
        {
            network.Connections.ResetBy(client);
            return;
        }

        if (IsQueueFull(listener))
        {
            // The segment is lost; the client keeps what it sent.
            if (request is not null && request.Listener != listener)
            {
                network.Migration.CountFailure();
            }

            return;
        }

        if (request is not null)
        {
            if (request.Listener != listener)
            {
                network.Migration.CountSuccess();
            }

            Drop(request);
        }

        Establish(listener, client, cpu);
    }

    /// <summary>A cookie says nothing of who gave it: a listener believes one when it, or one of its group, gave any of late.</summary>
    private bool Believes(Sock client, Sock listener) =>
        client.Stream!.AwaitsCookie && network.SynCookies != SynCookieUse.Never &&
        Overflow(listener) is long last && network.Backend.Nanoseconds - last <= CookieLife;

    private static ref long? Overflow(Sock listener)
    {
        if (listener is { ReusePort: true, Group: { } group })
        {
            return ref group.LastCookie;
        }

        return ref listener.LastCookie;
    }

    private void AddRequest(Sock listener, Sock client, int cpu)
    {
        Sock request = new(network, TransportProtocol.Tcp, listener.Family, inode: 0, listener.Uid)
        {
            State = SockState.NewSynReceived,
            IncomingCpu = cpu,
            InterfaceIndex = listener.InterfaceIndex,
            Address = client.PeerAddress,
            Port = client.PeerPort,
            PeerAddress = client.Address,
            PeerPort = client.Port,
        };
        Link(request, listener);
        network.Tcp.AddConnection(request);
        network.Backend.RequestTimers.Start(request, FirstTimeout);
    }

    private static void Link(Sock request, Sock listener)
    {
        request.Listener = listener;
        listener.RequestCount++;
        listener.YoungRequestCount += request.Timeouts == 0 ? 1 : 0;
    }

    /// <summary>A listener that was only kept by its requests leaves its group with the last.</summary>
    private static void Unlink(Sock request)
    {
        Sock listener = request.Listener!;
        listener.YoungRequestCount -= request.Timeouts == 0 ? 1 : 0;
        if (--listener.RequestCount == 0 && listener.IsOrphan)
        {
            Groups.ReuseportGroup.Detach(listener);
        }
    }

    /// <summary>Requests that fill more than half of what a listener takes are given up sooner, the more so the fewer of them are young.</summary>
    private static int RetriesOf(Sock listener)
    {
        const int FewestRetries = 2;
        const int SmallBacklog = 8;
        int retries = SynAckRetries;
        if (listener.RequestCount * 2 > Math.Max(SmallBacklog, listener.Backlog))
        {
            for (int young = listener.YoungRequestCount * 2; retries > FewestRetries && listener.RequestCount >= young; young *= 2)
            {
                retries--;
            }
        }

        return retries;
    }

    private void Establish(Sock listener, Sock client, int cpu)
    {
        Sock child = network.CreateChild(listener);
        child.IncomingCpu = cpu;
        child.Address = client.PeerAddress;
        child.PeerAddress = client.Address;
        child.PeerPort = client.Port;
        child.State = SockState.Established;
        child.Stream = new TcpStream { Peer = client, SendNext = network.Backend.Sequences.NextUInt32() };
        TcpTable.InheritPort(child, listener);
        network.Tcp.AddConnection(child);
        listener.AcceptQueue.Enqueue(child);

        TcpStream stream = client.Stream!;
        stream.AwaitsCookie = false;
        stream.Peer = child;
        child.Stream.Add(stream.Held);
        child.Stream.IsEnded = stream.HoldsEnd;
        stream.Release();
        if (child.SendShutdown)
        {
            network.Connections.SendEnd(child, cpu);
        }
    }
}
