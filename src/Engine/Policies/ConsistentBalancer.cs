namespace ReuseportPS.Engine.Policies;

/// <summary><c>by: consistent</c>: the hash of the key into a Maglev table over the slots: few flows move when a slot comes or goes. The slots are data.</summary>
/// <param name="To">The slots; none given means all slots of the group.</param>
/// <param name="Key">What is hashed.</param>
/// <param name="Seed">Seed of the hash.</param>
/// <param name="TableSize">Entries of the table, a prime; null for a size that follows the number of slots of the group.</param>
public sealed record ConsistentBalancer(EquatableArray<SlotItem> To, HashKey Key = HashKey.FourTuple, uint Seed = 0, int? TableSize = null) : Balancer
{
    /// <summary>The largest table.</summary>
    public const int LargestTable = 524_287;

    internal override HashKey HashedKey => Key;

    internal override uint HashSeed => Seed;
}
