namespace ReuseportPS.Engine.Policies;

/// <summary>What a policy does with a packet.</summary>
public enum PolicyVerdict
{
    /// <summary>Left to the kernel's own choice.</summary>
    Kernel,

    /// <summary>Given to the member in a slot's seat.</summary>
    Slot,

    /// <summary>Rejected.</summary>
    Reject,
}
