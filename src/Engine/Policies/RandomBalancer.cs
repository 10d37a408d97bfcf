namespace ReuseportPS.Engine.Policies;

/// <summary><c>by: random</c>: a random number for every packet, in the simulator from its seed.</summary>
/// <param name="To">The slots; none given means all slots of the group.</param>
public sealed record RandomBalancer(EquatableArray<SlotItem> To) : Balancer
{
    internal override bool Scatters => true;
}
