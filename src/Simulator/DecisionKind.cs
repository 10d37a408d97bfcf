namespace ReuseportPS.Simulator;

/// <summary>Who decided about a packet, and how.</summary>
public enum DecisionKind
{
    /// <summary>Nobody listens: UDP answers with port unreachable, TCP with RST.</summary>
    NoSocket,

    /// <summary>The packet belongs to a connection, or to a connected UDP socket: no group was asked.</summary>
    Connected,

    /// <summary>A socket outside any group (or whose SO_REUSEPORT was cleared) had the best score.</summary>
    Socket,

    /// <summary>The group has no program: the kernel's own hash chose.</summary>
    Hash,

    /// <summary>The program selected the member.</summary>
    Program,

    /// <summary>The program passed without a selection (or gave no usable index): the kernel's own hash chose.</summary>
    ProgramFallback,

    /// <summary>The program dropped the packet: UDP answers with port unreachable, TCP with RST.</summary>
    ProgramReject,

    /// <summary>The program did what no verified program can do; <see cref="Decision.Fault"/> says what. No kernel has such an outcome.</summary>
    ProgramFault,

    /// <summary>Multicast or broadcast: every matching socket gets a copy, no program is asked.</summary>
    Multicast,

    /// <summary>Dropped before any lookup: the UDP header is cut short, or its length contradicts the packet.</summary>
    Malformed,
}
