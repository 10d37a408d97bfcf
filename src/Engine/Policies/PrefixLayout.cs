namespace ReuseportPS.Engine.Policies;

/// <summary>
/// <c>prefixes:</c> how ids begin, the longest counts; or <c>server-ids:</c>, as QUIC-LB has them in plain: three bits say which configuration it is, the rest of the first
/// byte says nothing, and the server's id follows.
/// </summary>
/// <param name="Prefixes">Beginnings of ids, or server ids, with their slots. They are data.</param>
/// <param name="Config">The configuration of QUIC-LB, 0 to 6; null for plain prefixes.</param>
public sealed record PrefixLayout(EquatableArray<IdPrefix> Prefixes, int? Config = null) : IdLayout
{
    /// <summary>The highest configuration: 7 stands for ids that cannot be routed.</summary>
    public const int HighestConfig = 6;

    internal override int Size => Config is null ? ByteString.Longest : 1 + ByteString.Longest;
}
