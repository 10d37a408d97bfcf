namespace ReuseportPS.Engine.Policies;

/// <summary>
/// What a counter counts. Each packet adds to exactly one of Rule, Otherwise, NotCovered and Unreadable, and to exactly one of
/// Slot, Kernel and Reject, so both groups have the same sum.
/// </summary>
public enum CounterKind
{
    /// <summary>Packets whose first matching rule is this one.</summary>
    Rule,

    /// <summary>Packets that no rule matched.</summary>
    Otherwise,

    /// <summary>Packets given to this slot.</summary>
    Slot,

    /// <summary>Packets left to the kernel's own choice.</summary>
    Kernel,

    /// <summary>Packets rejected.</summary>
    Reject,

    /// <summary>Failed attempts to select a seat (helper 82 returned an error): one packet may add several.</summary>
    Miss,

    /// <summary>Packets whose addresses or ports could not be read; left to the kernel.</summary>
    Unreadable,

    /// <summary>Packets of a protocol that the policy does not cover; left to the kernel.</summary>
    NotCovered,

    /// <summary>TCP segments that open no connection, of those counted above: stray ones, and the last of a handshake under SYN cookies. Only in policies that tell them apart.</summary>
    NotSyn,

    /// <summary>Not a count: the epoch with which the last packet was decided, the largest over all CPUs.</summary>
    Epoch,
}
