namespace ReuseportPS.Engine.Policies;

/// <summary><c>by: numa</c>: the slots of the NUMA node that the packet is processed on, and among them by hash. Which slots a node has is data.</summary>
/// <param name="Nodes">The slots of each node. A node that has none, or none that is active, has all of them.</param>
/// <param name="Key">What is hashed.</param>
/// <param name="Seed">Seed of the hash.</param>
public sealed record NumaBalancer(EquatableArray<NumberedSlots> Nodes, HashKey Key = HashKey.FourTuple, uint Seed = 0) : Balancer
{
    /// <summary>Nodes that are told apart; node i counts as i modulo this.</summary>
    public const int NodeCount = 64;

    internal override HashKey HashedKey => Key;

    internal override uint HashSeed => Seed;

    internal override bool Scatters => true;
}
