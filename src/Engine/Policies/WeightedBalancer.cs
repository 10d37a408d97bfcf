namespace ReuseportPS.Engine.Policies;

/// <summary><c>by: weighted</c>: the hash of the key into a Maglev table in which each slot has its share. The weights are data.</summary>
/// <param name="Weights">Weights; a slot without one gets nothing.</param>
/// <param name="To">Slots that may have a weight; none given means all slots of the group.</param>
/// <param name="Key">What is hashed.</param>
/// <param name="Seed">Seed of the hash.</param>
public sealed record WeightedBalancer(
    EquatableArray<SlotWeight> Weights, EquatableArray<SlotItem> To, HashKey Key = HashKey.FourTuple, uint Seed = 0) : Balancer
{
    internal override HashKey HashedKey => Key;

    internal override uint HashSeed => Seed;
}
