namespace ReuseportPS.Linux.Tests.Model;

/// <summary>The operations of the comparison.</summary>
internal enum Verb
{
    /// <summary>Creates a socket, binds it, and listens when it is TCP.</summary>
    Open,
    Create,
    Bind,
    Listen,
    Connect,
    Disconnect,
    Shutdown,
    Close,
    Abort,
    Set,
    Seat,
    Unseat,
    Look,
    Attach,
    AttachClassic,
    Detach,

    /// <summary>Another answer for the programs.</summary>
    Answer,

    /// <summary>One datagram: who gets it?</summary>
    SendDatagram,

    /// <summary>One connection, accepted and reset: who gets it?</summary>
    TryConnection,

    /// <summary>A connection that stays.</summary>
    OpenConnection,
    Accept,
    SendOn,
    ReceiveOn,

    /// <summary>How many connections wait at each listener.</summary>
    Queues,

    /// <summary>The members of a group, in its order.</summary>
    Order,
    Migrate,
    Cookies,
    Cpu,
    Name,
}
