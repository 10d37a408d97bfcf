namespace ReuseportPS.Engine.Policies;

/// <summary>
/// <c>by: round-robin</c>: the slots in turn, by a counter of each CPU that begins at the CPU's number. So it is exact on one CPU and only approximate
/// over several. A segment that is not a SYN gets the slot whose turn it is and does not advance the counter.
/// </summary>
/// <param name="To">The slots; none given means all slots of the group.</param>
public sealed record RoundRobinBalancer(EquatableArray<SlotItem> To) : Balancer
{
    internal override bool Scatters => true;
}
