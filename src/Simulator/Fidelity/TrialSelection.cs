namespace ReuseportPS.Simulator.Fidelity;

/// <summary>What chooses a member in a round of a fidelity trial.</summary>
public enum TrialSelection
{
    /// <summary>A random policy.</summary>
    Policy,

    /// <summary>The kernel's hash.</summary>
    Hash,

    /// <summary>The kernel's hash among members of which some have SO_INCOMING_CPU.</summary>
    IncomingCpu,
}
