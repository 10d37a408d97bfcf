namespace ReuseportPS.Simulator.Hashing;

/// <summary>How the local port enters the TCP hash. The UDP hash has not changed.</summary>
public enum TcpHashFormula
{
    /// <summary>Added to the hash of the other words (since 6.15).</summary>
    PortAdded,

    /// <summary>Hashed with the others, as for UDP (before 6.15).</summary>
    PortHashed,
}
