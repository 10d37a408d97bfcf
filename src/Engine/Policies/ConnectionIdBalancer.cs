namespace ReuseportPS.Engine.Policies;

/// <summary>
/// <c>by: connection-id</c>: the slot that a QUIC connection id names. An Initial carries an id that the client chose, so it is never decoded: it goes to the new
/// generation by hash. An id that names no slot that can be selected follows the old generation, by hash.
/// </summary>
/// <param name="At">Where in a datagram with a short header the id begins; 1 in QUIC (RFC 9000 §17.3).</param>
/// <param name="Length">Bytes of the ids that the servers issue.</param>
/// <param name="Layout">How the slot is found in it.</param>
/// <param name="New">The slots of the new generation; none given means those of the numbered workers, or else all slots of the group.</param>
/// <param name="Old">The slots of the old generation, which may be draining; none given means the same.</param>
/// <param name="Key">What is hashed.</param>
/// <param name="Seed">Seed of the hash.</param>
public sealed record ConnectionIdBalancer(
    int At, int Length, IdLayout Layout, EquatableArray<SlotItem> New, EquatableArray<SlotItem> Old, HashKey Key = HashKey.FourTuple, uint Seed = 0) : Balancer
{
    /// <summary>The longest connection id (RFC 9000 §17.2).</summary>
    public const int LongestId = 20;

    /// <summary>The slots of the new generation.</summary>
    internal EquatableArray<SlotItem> NewSlots => New.Count > 0 ? New : Layout.Workers;

    /// <summary>The slots of the old generation.</summary>
    internal EquatableArray<SlotItem> OldSlots => Old.Count > 0 ? Old : Layout.Workers;

    internal override HashKey HashedKey => Key;

    internal override uint HashSeed => Seed;
}
