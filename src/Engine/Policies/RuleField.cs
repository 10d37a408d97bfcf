namespace ReuseportPS.Engine.Policies;

/// <summary>A field that rules can be told apart by.</summary>
internal enum RuleField
{
    /// <summary>IPv4 source address.</summary>
    Source,

    /// <summary>IPv4 destination address.</summary>
    Destination,

    /// <summary>Source port.</summary>
    SourcePort,

    /// <summary>Destination port.</summary>
    DestinationPort,
}
