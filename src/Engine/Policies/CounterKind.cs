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

    /// <summary>Packets that a flow table kept where their flow was. Only in policies with <c>sticky</c>.</summary>
    StickyHit,

    /// <summary>Flows that were put into a flow table.</summary>
    StickyCreate,

    /// <summary>Flows that were taken out: idle for too long, of a slot or a socket that is gone.</summary>
    StickyRemove,

    /// <summary>Flows that could not be put into a flow table.</summary>
    StickyError,

    /// <summary>Not a count: flows in the flow tables at the time of reading.</summary>
    StickyEntries,

    /// <summary>Flows that the kernel dropped from the flow tables to make room: those that were put in and are neither there nor taken out.</summary>
    StickyEvict,

    /// <summary>Packets whose connection id named the slot that they were given to. Only in policies with <c>connection-id</c>.</summary>
    IdKnown,

    /// <summary>Packets with a connection id that a client chose: they went to the new generation.</summary>
    IdNew,

    /// <summary>Packets whose connection id named no slot that could be selected: they followed the old generation.</summary>
    IdUnknown,

    /// <summary>Packets that were decided by hash because a load was too old. Only in policies with <c>least-loaded</c>.</summary>
    LoadStale,

    /// <summary>Connections whose listener stopped. Only in policies with <c>migrate: policy</c>.</summary>
    Migrating,

    /// <summary>Decisions that were reported. Only in policies with <c>observe: sample</c>.</summary>
    Sample,

    /// <summary>Decisions that were to be reported, and found the buffer full.</summary>
    SampleLost,

    /// <summary>Not a count: the epoch with which the last packet was decided, the largest over all CPUs.</summary>
    Epoch,
}
