namespace ReuseportPS.Engine.Policies;

/// <summary>How one slot is chosen out of several: the <c>by:</c> of a steer action.</summary>
public abstract record Balancer
{
    /// <summary>What of a packet is hashed.</summary>
    internal virtual HashKey HashedKey => HashKey.None;

    /// <summary>Seed of the hash.</summary>
    internal virtual uint HashSeed => 0;

    /// <summary>Whether packets of one flow may get different slots.</summary>
    internal virtual bool Scatters => false;
}
