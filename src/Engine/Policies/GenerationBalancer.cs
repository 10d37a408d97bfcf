namespace ReuseportPS.Engine.Policies;

/// <summary>
/// <c>by: generation</c>: new flows go to the newest generation of a server, by hash. Old flows stay where they were: connections because they are decided
/// once, datagrams because of the action's flow table.
/// </summary>
/// <param name="Generations">The slots of each generation, the newest last.</param>
/// <param name="Key">What is hashed.</param>
/// <param name="Seed">Seed of the hash.</param>
public sealed record GenerationBalancer(EquatableArray<SlotItem> Generations, HashKey Key = HashKey.FourTuple, uint Seed = 0) : Balancer
{
    internal override HashKey HashedKey => Key;

    internal override uint HashSeed => Seed;
}
