namespace ReuseportPS.Simulator.Preview;

/// <summary>What a program did with a packet.</summary>
public enum ProgramVerdict
{
    /// <summary>Given to the member in a slot's seat.</summary>
    Slot,

    /// <summary>Left to the kernel's own choice.</summary>
    Kernel,

    /// <summary>Rejected (SK_DROP).</summary>
    Reject,

    /// <summary>The program did what no verified program can do. No kernel has such an outcome.</summary>
    Fault,
}
