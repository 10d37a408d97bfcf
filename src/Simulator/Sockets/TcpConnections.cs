using System.Net.Sockets;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Simulator.Groups;
using ReuseportPS.Simulator.Hashing;
using ReuseportPS.Simulator.Packets;
using ReuseportPS.Simulator.Programs;

namespace ReuseportPS.Simulator.Sockets;

/// <summary>
/// The life of TCP sockets of a namespace. A handshake is over when connect returns: the SYN is decided, the connection waits in
/// the listener's accept queue. What a listener leaves behind when it stops migrates or is reset (inet_csk_listen_stop, reuseport_migrate_sock).
/// </summary>
internal sealed class TcpConnections(SimulatedNamespace network)
{
    /// <summary>net.core.somaxconn.</summary>
    private const uint LargestBacklog = 4096;

    /// <summary>TcpExt TCPMigrateReqSuccess.</summary>
    public long Migrated { get; private set; }

    /// <summary>TcpExt TCPMigrateReqFailure.</summary>
    public long MigrationFailures { get; private set; }

    /// <summary>listen(2). EADDRINUSE, EINVAL (connected), ENOMEM (group full).</summary>
    public Errno Listen(Sock sock, int backlog)
    {
        if (sock.State == SockState.Established)
        {
            return Errno.EINVAL;
        }

        sock.Backlog = (int)Math.Min((uint)backlog, LargestBacklog);
        if (sock.State == SockState.Listen)
        {
            return Errno.None;
        }

        sock.State = SockState.Listen;
        Errno error = network.Tcp.Bind(sock, sock.Port);
        if (error == Errno.None)
        {
            sock.ShownPort = sock.Port;
            error = network.Tcp.AddListener(sock);
        }

        if (error != Errno.None)
        {
            sock.State = SockState.Close;
        }

        return error;
    }

    /// <summary>connect(2) to an end point in table form. EISCONN, EADDRNOTAVAIL, ECONNREFUSED, ETIMEDOUT (accept queue full: the SYN is lost).</summary>
    public Errno Connect(Sock client, UInt128 peer, ushort peerPort, int cpu)
    {
        if (client.State != SockState.Close)
        {
            return Errno.EISCONN;
        }

        if (client.Address == 0)
        {
            client.Address = TableAddress.SourceFor(peer);
        }

        Errno error = network.Tcp.BindForConnect(client, peer, peerPort);
        if (error == Errno.None)
        {
            error = SendSyn(client, peer, peerPort, cpu);
        }

        if (error != Errno.None)
        {
            Release(client);
        }

        return error;
    }

    /// <summary>The oldest waiting connection, or null.</summary>
    public static Sock? Accept(Sock listener) => listener.AcceptQueue.TryDequeue(out Sock? child) ? child : null;

    /// <summary>send(2). EPIPE, ECONNRESET.</summary>
    public static Errno Send(Sock sock, ReadOnlySpan<byte> data)
    {
        if (TakeError(sock) is not Errno.None and Errno error)
        {
            return error;
        }

        if (sock.State != SockState.Established || sock.SendShutdown || sock.Stream is not { IsReset: false } stream)
        {
            return Errno.EPIPE;
        }

        if (stream.Peer is { Stream: { } far })
        {
            far.Add(data);
        }
        else
        {
            // Nobody is there: the segment goes out and a RST comes back.
            stream.IsReset = true;
        }

        return Errno.None;
    }

    /// <summary>recv(2): bytes read, 0 at the end of the stream, -1 when nothing is there. ENOTCONN, ECONNRESET.</summary>
    public static Errno Receive(Sock sock, Span<byte> buffer, out int length)
    {
        length = 0;
        if (sock.Stream is not { } stream || sock.State == SockState.Listen)
        {
            return Errno.ENOTCONN;
        }

        length = stream.Read(buffer);
        if (length > 0 || buffer.IsEmpty)
        {
            return Errno.None;
        }

        if (TakeError(sock) is not Errno.None and Errno error)
        {
            return error;
        }

        length = stream.IsEnded || stream.IsReset || sock.ReceiveShutdown ? 0 : -1;
        return Errno.None;
    }

    /// <summary>shutdown(2). ENOTCONN.</summary>
    public Errno Shutdown(Sock sock, SocketShutdown how, int cpu)
    {
        if (sock.State == SockState.Close)
        {
            return Errno.ENOTCONN;
        }

        if (sock.State == SockState.Listen)
        {
            if (how != SocketShutdown.Send)
            {
                Disconnect(sock, cpu);
            }

            return Errno.None;
        }

        sock.ReceiveShutdown |= how != SocketShutdown.Send;
        if (how != SocketShutdown.Receive && !sock.SendShutdown)
        {
            sock.SendShutdown = true;
            EndPeer(sock);
        }

        return Errno.None;
    }

    /// <summary>connect(2) with AF_UNSPEC, and what shutdown does to a listener: back to CLOSE, a port given to bind is kept (tcp_disconnect).</summary>
    public void Disconnect(Sock sock, int cpu)
    {
        switch (sock.State)
        {
            case SockState.Listen:
                StopListening(sock, cpu);
                break;
            case SockState.Established:
                ResetPeer(sock);
                Leave(sock);
                break;
        }

        sock.Stream = null;
        sock.ReceiveShutdown = sock.SendShutdown = false;
        Release(sock);
    }

    /// <summary>The last handle is closed.</summary>
    public void Close(Sock sock, bool reset, int cpu)
    {
        switch (sock.State)
        {
            case SockState.Listen:
                StopListening(sock, cpu);
                break;
            case SockState.Established:
                if (reset || sock.Stream!.HasData)
                {
                    ResetPeer(sock);
                }
                else if (!sock.SendShutdown)
                {
                    EndPeer(sock);
                }

                Leave(sock);
                break;
        }

        network.Tcp.Unbind(sock);
        ReuseportGroup.Detach(sock);
    }

    private static Errno TakeError(Sock sock)
    {
        Errno error = sock.PendingError;
        sock.PendingError = Errno.None;
        return error;
    }

    /// <summary>A FIN.</summary>
    private static void EndPeer(Sock sock)
    {
        if (sock.Stream?.Peer?.Stream is { } far)
        {
            far.IsEnded = true;
        }
    }

    /// <summary>A RST: the other end is in no table any more, its port is free again.</summary>
    private void ResetPeer(Sock sock)
    {
        if (sock.Stream?.Peer is { Stream: { } far } peer)
        {
            far.DiscardReceived();
            far.IsReset = true;
            far.Peer = null;
            peer.PendingError = far.IsEnded ? Errno.EPIPE : Errno.ECONNRESET;
            network.Tcp.RemoveConnection(peer);
        }
    }

    /// <summary>The socket's own end is gone; the other end finds out when it sends.</summary>
    private void Leave(Sock sock)
    {
        if (sock.Stream?.Peer?.Stream is { } far)
        {
            far.Peer = null;
        }

        network.Tcp.RemoveConnection(sock);
        sock.Stream!.Peer = null;
    }

    /// <summary>Gives back what was not asked for by bind, and no longer is connected or listening.</summary>
    private void Release(Sock sock)
    {
        sock.State = SockState.Close;
        sock.PeerAddress = 0;
        sock.PeerPort = 0;
        if (!sock.PortLocked)
        {
            network.Tcp.Unbind(sock);
        }

        if (!sock.AddressLocked)
        {
            sock.Address = 0;
        }
    }

    private Errno SendSyn(Sock client, UInt128 peer, ushort peerPort, int cpu)
    {
        IpFamily family = TableAddress.FamilyOf(peer);
        FlowKey flow = new(family, TransportProtocol.Tcp, TableAddress.ToPacket(family, client.Address), TableAddress.ToPacket(family, peer), client.Port, peerPort);
        long now = network.Backend.Nanoseconds;
        Packet syn = PacketWriter.SynSegment(
            flow, network.Backend.Sequences.NextUInt32(), (uint)(now / 1_000_000), now, cpu);
        _ = network.Receive(in syn, cpu, -1, SimulatedNamespace.LoopbackIndex, out Sock? listener);
        if (listener is not { State: SockState.Listen })
        {
            return Errno.ECONNREFUSED;
        }

        if (listener.AcceptQueue.Count > listener.Backlog)
        {
            return Errno.ETIMEDOUT;
        }

        Sock child = network.CreateChild(listener);
        child.Address = peer;
        child.PeerAddress = client.Address;
        child.PeerPort = client.Port;
        client.PeerAddress = peer;
        client.PeerPort = peerPort;
        client.State = child.State = SockState.Established;
        client.Stream = new TcpStream { Peer = child };
        child.Stream = new TcpStream { Peer = client };
        TcpTable.InheritPort(child, listener);
        network.Tcp.AddConnection(client);
        network.Tcp.AddConnection(child);
        listener.AcceptQueue.Enqueue(child);
        return Errno.None;
    }

    private void StopListening(Sock listener, int cpu)
    {
        network.Tcp.RemoveListener(listener);
        listener.State = SockState.Close;
        while (listener.AcceptQueue.TryDequeue(out Sock? child))
        {
            if (listener.Group is { } group && FindHeir(group, listener, child, cpu) is { } heir && heir.AcceptQueue.Count <= heir.Backlog)
            {
                heir.AcceptQueue.Enqueue(child);
                Migrated++;
                continue;
            }

            MigrationFailures += listener.Group is null ? 0 : 1;
            ResetPeer(child);
            Leave(child);
            network.Tcp.Unbind(child);
            network.Unregister(child);
        }
    }

    /// <summary>Who takes over a connection: the program says, or the hash of the connection (its real local address, on a wildcard listener too).</summary>
    private Sock? FindHeir(ReuseportGroup group, Sock listener, Sock child, int cpu)
    {
        if (group.LiveCount == 0)
        {
            return null;
        }

        IpFamily family = TableAddress.FamilyOf(child.Address);
        uint hash = FlowHash.Compute(
            network.Backend.HashSecrets, network.HashMix, TransportProtocol.Tcp, family,
            TableAddress.ToPacket(family, child.Address), child.Port, TableAddress.ToPacket(family, child.PeerAddress), child.PeerPort, network.Backend.TcpHashFormula);
        if (group.Program is not { MigratesConnections: true } program)
        {
            return network.TcpMigrateRequests ? group.SelectByHash(hash, cpu, network.Backend.Behavior.HonoursIncomingCpu) : null;
        }

        ReuseportRun run = network.Backend.ProgramRun;
        bool passed = run.RunForMigration(program, group, listener, child, hash, cpu) && run.Result == ReuseportRun.Pass;
        return passed ? run.Selected ?? group.SelectByHash(hash, cpu, network.Backend.Behavior.HonoursIncomingCpu) : null;
    }
}
