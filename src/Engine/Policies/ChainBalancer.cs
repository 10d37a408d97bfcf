namespace ReuseportPS.Engine.Policies;

/// <summary><c>by: chain</c>: the first slot of an ordered list that can be selected.</summary>
/// <param name="To">The slots in order; a range or a name stands for its slots, ascending.</param>
public sealed record ChainBalancer(EquatableArray<SlotItem> To) : Balancer
{
    /// <summary>Most slots of a chain: each is an attempt of its own in the program.</summary>
    public const int MostSlots = 32;
}
