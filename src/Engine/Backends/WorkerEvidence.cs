namespace ReuseportPS.Engine.Backends;

/// <summary>What tells which thread serves a socket.</summary>
public enum WorkerEvidence
{
    /// <summary>It has the socket in an epoll instance (fdinfo) and waits there.</summary>
    Epoll,

    /// <summary>It is blocked in a call on the socket (accept, recvmsg and the like).</summary>
    Call,

    /// <summary>Nobody else can: one process of one thread holds the socket.</summary>
    OnlyHolder,
}
