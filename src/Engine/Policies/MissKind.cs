namespace ReuseportPS.Engine.Policies;

/// <summary>What happens when the seat of the chosen slot cannot be selected.</summary>
public enum MissKind
{
    /// <summary>Up to four more candidates of the same action, then <c>otherwise</c>, then the kernel.</summary>
    Next,

    /// <summary>The kernel chooses.</summary>
    Kernel,

    /// <summary>The packet is rejected.</summary>
    Reject,

    /// <summary>One given slot, then the kernel.</summary>
    Slot,
}
