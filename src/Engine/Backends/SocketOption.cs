namespace ReuseportPS.Engine.Backends;

/// <summary>Socket options that decide about groups; integers all.</summary>
public enum SocketOption
{
    /// <summary>SO_REUSEPORT.</summary>
    ReusePort,

    /// <summary>SO_REUSEADDR.</summary>
    ReuseAddress,

    /// <summary>SO_INCOMING_CPU.</summary>
    IncomingCpu,

    /// <summary>SO_LOCK_FILTER; cannot be cleared.</summary>
    LockFilter,

    /// <summary>IPV6_V6ONLY.</summary>
    V6Only,

    /// <summary>TCP_DEFER_ACCEPT: seconds for which a handshake waits for data before the connection can be accepted; the kernel rounds them up to what its timer does (0, 1, 3, 7, 15, 31, …).</summary>
    DeferAccept,

    /// <summary>TCP_FASTOPEN: of a listener, how many connections may be open before their handshake is done; 0 (to begin with) for off.</summary>
    FastOpen,

    /// <summary>TCP_FASTOPEN_CONNECT: of a client, 1 when connect waits for the first data and sends them with the SYN.</summary>
    FastOpenConnect,

    /// <summary>UDP_SEGMENT: payload bytes of each datagram into which what is sent at once is cut, 0 (to begin with) for off.</summary>
    SegmentSize,
}
