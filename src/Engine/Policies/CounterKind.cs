namespace ReuseportPS.Engine.Policies;

/// <summary>What a counter counts. Each decided packet adds to exactly one Rule or Otherwise counter and to exactly one Slot, Kernel or Reject counter.</summary>
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

    /// <summary>Packets whose addresses or ports could not be read.</summary>
    Unreadable,
}
