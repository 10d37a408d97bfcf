namespace ReuseportPS.Engine.Backends;

/// <summary>What the kernel can do and a backend may openly lack: see <see cref="IReuseportBackend.Lacks"/>.</summary>
public enum BackendAbility
{
    /// <summary>SOCKMAP and SOCKHASH.</summary>
    SocketMaps,

    /// <summary>net.ipv4.tcp_syncookies: a program that decides the ACK too.</summary>
    SynCookies,

    /// <summary>Connections between SYN and accept: TCP_DEFER_ACCEPT, and their move to another listener.</summary>
    HalfOpen,

    /// <summary>The timer that sends a SYN-ACK again.</summary>
    RequestTimer,

    /// <summary>TcpExt counters of migration.</summary>
    MigrationCounters,

    /// <summary>SOCKET_FILTER programs, which return the index of a member.</summary>
    SocketFilters,

    /// <summary>Refusing at load what the verifier refuses.</summary>
    Verifier,
}
