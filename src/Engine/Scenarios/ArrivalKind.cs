namespace ReuseportPS.Engine.Scenarios;

/// <summary>What became of a flow that was opened.</summary>
public enum ArrivalKind
{
    /// <summary>It reached a member.</summary>
    Slot,

    /// <summary>It was refused: RST, or port unreachable.</summary>
    Rejected,

    /// <summary>Nobody got it and nobody refused it.</summary>
    Lost,

    /// <summary>It could not be sent from here (its source port is taken, say): says nothing about the policy.</summary>
    NotSent,
}
