namespace ReuseportPS.Engine.Policies;

/// <summary><c>by: hash</c>: the hash of the key over the declared slots, in ascending order.</summary>
/// <param name="To">The slots; none given means all slots of the group.</param>
/// <param name="Key">What is hashed.</param>
/// <param name="Seed">Seed of the hash.</param>
public sealed record HashBalancer(EquatableArray<SlotItem> To, HashKey Key = HashKey.FourTuple, uint Seed = 0) : Balancer
{
    internal override HashKey HashedKey => Key;

    internal override uint HashSeed => Seed;
}
