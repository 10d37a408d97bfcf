namespace ReuseportPS.Engine.Policies;

/// <summary><c>by: least-loaded</c>: of two random slots the one with the lower load. Loads are told from outside; when one of them is too old, the hash of the key decides.</summary>
/// <param name="To">The slots; none given means all slots of the group.</param>
/// <param name="Stale">How old a load may be.</param>
/// <param name="Key">What is hashed.</param>
/// <param name="Seed">Seed of the hash.</param>
public sealed record LeastLoadedBalancer(EquatableArray<SlotItem> To, TimeSpan Stale, HashKey Key = HashKey.FourTuple, uint Seed = 0) : Balancer
{
    /// <summary>How old a load may be when the policy does not say.</summary>
    public static TimeSpan DefaultStale { get; } = TimeSpan.FromSeconds(5);

    /// <summary>The longest time that can be told: loads carry 32 bits of time.</summary>
    public static TimeSpan LongestStale { get; } = TimeSpan.FromDays(1);

    internal override HashKey HashedKey => Key;

    internal override uint HashSeed => Seed;

    internal override bool Scatters => true;

    /// <summary>The age in units of a load's time.</summary>
    internal uint StaleUnits => (uint)((ulong)Stale.Ticks * 100 >> SlotLoad.TimeShift);
}
