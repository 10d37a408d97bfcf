using System.Net.Sockets;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Simulator.Groups;

namespace ReuseportPS.Simulator.Sockets;

/// <summary>
/// The life of TCP sockets of a namespace. A handshake is over when connect returns, for the client at least: the SYN is decided, and unless the listener
/// defers it or gave a cookie the connection waits in its accept queue. What a listener leaves behind when it stops migrates or is reset
/// (inet_csk_listen_stop). Each segment is there at once; the one side that closes first leaves <see cref="TimeWaits"/>.
/// </summary>
internal sealed class TcpConnections(SimulatedNamespace network)
{
    /// <summary>net.core.somaxconn.</summary>
    private const uint LargestBacklog = 4096;

    private const int ClientsNeedNoCookie = 4;

    /// <summary>listen(2). EADDRINUSE, EINVAL (connected), ENOMEM (group full).</summary>
    public Errno Listen(Sock sock, int backlog)
    {
        if (sock.State == SockState.Established || sock.Stream is not null)
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
        if (client.State != SockState.Close || client.Stream is not null)
        {
            return Errno.EISCONN;
        }

        if (client.Address == 0)
        {
            TcpTable.SetAddress(client, TableAddress.SourceFor(peer));
        }

        Errno error = network.Tcp.BindForConnect(client, peer, peerPort);
        if (error == Errno.None && client.FastOpenConnect && (network.FastOpen & ClientsNeedNoCookie) != 0)
        {
            (client.PeerAddress, client.PeerPort) = (peer, peerPort);
            client.Stream = new TcpStream { IsDeferred = true };
            return Errno.None;
        }

        if (error == Errno.None)
        {
            error = network.Handshake.Open(client, peer, peerPort, [], cpu);
        }

        if (error != Errno.None)
        {
            network.Tcp.RemoveConnection(client);
            client.Stream = null;
            Release(client);
        }

        return error;
    }

    /// <summary>The oldest waiting connection, or null.</summary>
    public static Sock? Accept(Sock listener) => listener.AcceptQueue.TryDequeue(out Sock? child) ? child : null;

    /// <summary>send(2). EPIPE, ECONNRESET.</summary>
    public Errno Send(Sock sock, ReadOnlySpan<byte> data, int cpu)
    {
        if (TakeError(sock) is not Errno.None and Errno error)
        {
            return error;
        }

        if (sock.Stream is { IsDeferred: true })
        {
            // The answer to the SYN comes after the call.
            sock.Stream = null;
            Errno outcome = network.Handshake.Open(sock, sock.PeerAddress, sock.PeerPort, data, cpu);
            if (outcome != Errno.None)
            {
                sock.PendingError = outcome;
                Release(sock);
            }

            return Errno.None;
        }

        if (sock.State != SockState.Established || sock.SendShutdown || sock.Stream is not { IsReset: false } stream)
        {
            return Errno.EPIPE;
        }

        if (stream.Peer is { Stream: { } far })
        {
            far.Add(data);
            stream.Advance(data.Length);
            sock.IncomingCpu = stream.Peer.IncomingCpu = cpu;
        }
        else if (!network.Handshake.TrySend(sock, data, ends: false, cpu))
        {
            // Nobody is there: the segment goes out and a RST comes back.
            if (FindFar(sock) is { } remains)
            {
                Forget(remains);
            }

            ResetBy(sock);
        }

        return Errno.None;
    }

    /// <summary>recv(2): bytes read, 0 at the end of the stream, -1 when nothing is there. ENOTCONN, ECONNRESET.</summary>
    public static Errno Receive(Sock sock, Span<byte> buffer, out int length)
    {
        length = 0;
        if (sock.State == SockState.Listen)
        {
            return Errno.ENOTCONN;
        }

        length = sock.Stream?.Read(buffer) ?? 0;
        if (length > 0 || buffer.IsEmpty)
        {
            return Errno.None;
        }

        if (TakeError(sock) is not Errno.None and Errno error)
        {
            return error;
        }

        if (sock.Stream is null && !sock.ReceiveShutdown)
        {
            return Errno.ENOTCONN;
        }

        length = sock.ReceiveShutdown || sock.Stream is { IsEnded: true } or { IsReset: true } ? 0 : -1;
        return Errno.None;
    }

    /// <summary>shutdown(2). ENOTCONN.</summary>
    public Errno Shutdown(Sock sock, SocketShutdown how, int cpu)
    {
        if (sock.State == SockState.Close)
        {
            // Refused, and yet remembered.
            sock.ReceiveShutdown |= how != SocketShutdown.Send;
            sock.SendShutdown |= how != SocketShutdown.Receive;
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
        sock.SendShutdown |= how != SocketShutdown.Receive;
        if (how != SocketShutdown.Receive)
        {
            SendEnd(sock, cpu);
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
                ResetPeer(sock, cpu);
                Leave(sock);
                sock.PendingError = Errno.ECONNRESET;
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
                    ResetPeer(sock, cpu);
                    Leave(sock);
                    break;
                }

                SendEnd(sock, cpu);
                if (sock.State == SockState.Established)
                {
                    // Nobody waits for what the other side still sends; its end is waited for.
                    uint receiveNext = sock.Stream!.Peer?.Stream?.SendNext ?? 0;
                    bool isThere = sock.Stream.Peer is not null;
                    Leave(sock, keepsTuple: isThere);
                    if (isThere)
                    {
                        network.TimeWaits.Replace(sock, receiveNext, isHalfClosed: true);
                    }
                }

                break;
        }

        network.Tcp.Unbind(sock);
        sock.IsOrphan = true;
        if (sock.RequestCount == 0)
        {
            ReuseportGroup.Detach(sock);
        }
    }

    /// <summary>A reset came from the other side, which has nothing of the connection any more: the socket is in no table, a port that bind did not give is free.</summary>
    public void ResetBy(Sock sock)
    {
        TcpStream stream = sock.Stream!;
        stream.DiscardReceived();
        stream.IsReset = true;
        stream.AwaitsCookie = false;
        stream.Peer = null;
        sock.IncomingCpu = network.Backend.CurrentCpu;
        sock.PendingError = stream.IsEnded ? Errno.EPIPE : Errno.ECONNRESET;
        Finish(sock);
    }

    /// <summary>A reset ends whatever is in the tables for the two ends: a request, TIME_WAIT, the connection.</summary>
    public void Forget(Sock sock)
    {
        switch (sock.State)
        {
            case SockState.NewSynReceived:
                network.Handshake.Drop(sock);
                break;
            case SockState.TimeWait:
                network.TimeWaits.Remove(sock);
                break;
            case SockState.Established:
                ResetBy(sock);
                break;
        }
    }

    /// <summary>A FIN. With the second of the two the connection is over: the side that sent the first is in TIME_WAIT.</summary>
    public void SendEnd(Sock sock, int cpu)
    {
        TcpStream stream = sock.Stream!;
        if (stream.HasSentEnd)
        {
            return;
        }

        stream.HasSentEnd = true;
        if (stream.Peer is not { Stream: { } far } peer)
        {
            if (!network.Handshake.TrySend(sock, [], ends: true, cpu) && FindFar(sock) is { State: SockState.TimeWait, IsHalfClosed: true } remains)
            {
                stream.Advance(1);
                network.TimeWaits.Close(remains, stream.SendNext);
                Finish(sock);
            }

            return;
        }

        far.IsEnded = true;
        stream.Advance(1);
        sock.IncomingCpu = peer.IncomingCpu = cpu;
        if (stream.IsEnded)
        {
            network.TimeWaits.Replace(peer, stream.SendNext, isHalfClosed: false);
            far.Peer = stream.Peer = null;
            Finish(peer);
            Finish(sock);
        }
    }

    private static Errno TakeError(Sock sock)
    {
        Errno error = sock.PendingError;
        sock.PendingError = Errno.None;
        return error;
    }

    private Sock? FindFar(Sock sock) => network.Tcp.FindConnection(new FourTuple(sock.PeerAddress, sock.PeerPort, sock.Address, sock.Port));

    /// <summary>The socket has no connection any more, and no port but one that bind gave (tcp_done).</summary>
    private void Finish(Sock sock)
    {
        network.Tcp.RemoveConnection(sock);
        sock.State = SockState.Close;
        if (!sock.PortLocked)
        {
            network.Tcp.Unbind(sock);
        }
    }

    /// <summary>A RST to the other end, whatever it is.</summary>
    private void ResetPeer(Sock sock, int cpu)
    {
        if (sock.Stream?.Peer is { Stream: not null } peer)
        {
            ResetBy(peer);
        }
        else if (FindFar(sock) is { State: SockState.TimeWait } remains)
        {
            Forget(remains);
        }
        else if (sock.Stream is not null)
        {
            network.Handshake.Reset(sock, cpu);
        }
    }

    /// <summary>The socket's own end is gone; the other end finds out when it sends.</summary>
    private void Leave(Sock sock, bool keepsTuple = false)
    {
        if (sock.Stream?.Peer?.Stream is { } far)
        {
            far.Peer = null;
        }

        if (!keepsTuple)
        {
            network.Tcp.RemoveConnection(sock);
        }

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
            TcpTable.SetAddress(sock, 0);
        }
    }

    private void StopListening(Sock listener, int cpu)
    {
        network.Tcp.RemoveListener(listener);
        listener.State = SockState.Close;
        while (listener.AcceptQueue.TryDequeue(out Sock? child))
        {
            // The queue of the heir takes what it is given, whether or not it is full.
            if (network.Migration.FindHeir(listener, child, packet: null, length: 0, linearLength: 0, cpu) is { } heir)
            {
                heir.AcceptQueue.Enqueue(child);
                network.Migration.CountSuccess();
                continue;
            }

            ResetPeer(child, cpu);
            Leave(child);
            network.Tcp.Unbind(child);
            network.Unregister(child);
        }
    }
}
