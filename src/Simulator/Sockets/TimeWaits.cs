using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Simulator.Sockets;

/// <summary>
/// What is left of connections that this side closed first: a minute in which the port stays taken and segments are answered, not looked up, except a SYN
/// that opens a new connection. From the close until the other side closes too it counts as well. (inet_timewait_sock, tcp_timewait_state_process)
/// </summary>
internal sealed class TimeWaits(SimulatedNamespace network)
{
    private const long Minute = 60_000_000_000;

    private readonly Queue<(long Deadline, Sock Sock)> _waiting = new();

    /// <summary>Puts a socket in TIME_WAIT in the place of one that is done with its connection; the port goes over to it.</summary>
    /// <param name="sock">The socket, with its addresses still there.</param>
    /// <param name="receiveNext">Sequence number that the other side continues with.</param>
    /// <param name="isHalfClosed">Whether the other side has yet to close.</param>
    public void Replace(Sock sock, uint receiveNext, bool isHalfClosed)
    {
        Sock remains = new(network, TransportProtocol.Tcp, sock.Family, inode: 0, sock.Uid)
        {
            ReusePort = sock.ReusePort,
            ReuseAddress = sock.ReuseAddress,
            V6Only = sock.V6Only,
            InterfaceIndex = sock.InterfaceIndex,
            Address = sock.Address,
            PeerAddress = sock.PeerAddress,
            PeerPort = sock.PeerPort,
            State = SockState.TimeWait,
            IsHalfClosed = isHalfClosed,
        };
        network.Tcp.RemoveConnection(sock);
        TcpTable.InheritPort(remains, sock);
        network.Tcp.AddConnection(remains);
        Wait(remains, receiveNext);
    }

    /// <summary>The other side closed too: the minute begins anew.</summary>
    public void Close(Sock remains, uint receiveNext)
    {
        remains.IsHalfClosed = false;
        Wait(remains, receiveNext);
    }

    public void Remove(Sock remains)
    {
        network.Tcp.RemoveConnection(remains);
        network.Tcp.Unbind(remains);
    }

    /// <summary>Removes those whose time is over by the host's clock.</summary>
    public void Expire()
    {
        while (_waiting.TryPeek(out (long Deadline, Sock Sock) first) && first.Deadline <= network.Backend.Nanoseconds)
        {
            _ = _waiting.Dequeue();
            if (first.Sock.IsHashed && first.Sock.TimeWaitEnd == first.Deadline)
            {
                Remove(first.Sock);
            }
        }
    }

    /// <summary>Whether a segment that meets TIME_WAIT opens a new connection: a SYN beyond what the old one has seen.</summary>
    public static bool IsReopenedBy(Sock remains, byte flags, uint sequence)
    {
        const byte Syn = 0x02;
        const byte SynResetAck = 0x16;
        return !remains.IsHalfClosed && (flags & SynResetAck) == Syn && (int)(sequence - remains.ReceiveNext) > 0;
    }

    private void Wait(Sock remains, uint receiveNext)
    {
        remains.ReceiveNext = receiveNext;
        remains.TimeWaitEnd = network.Backend.Nanoseconds + Minute;
        _waiting.Enqueue((remains.TimeWaitEnd, remains));
    }
}
