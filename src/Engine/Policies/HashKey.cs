namespace ReuseportPS.Engine.Policies;

/// <summary>The fields of a packet that a balancer hashes. Their order in a policy has no meaning.</summary>
[Flags]
public enum HashKey
{
    /// <summary>No field; not a valid key.</summary>
    None = 0,

    /// <summary>Source address.</summary>
    Source = 1,

    /// <summary>Source port.</summary>
    SourcePort = 2,

    /// <summary>Destination address.</summary>
    Destination = 4,

    /// <summary>Destination port.</summary>
    DestinationPort = 8,

    /// <summary>Both addresses and both ports.</summary>
    FourTuple = Source | SourcePort | Destination | DestinationPort,
}
