namespace ReuseportPS.Engine.Policies;

/// <summary><c>by: cpu</c>: the slot of the CPU that the packet is processed on, from a table that is data.</summary>
/// <param name="To">The slots; none given means all slots of the group. CPU i has slot number i modulo their number.</param>
/// <param name="Cpus">CPUs that have another slot.</param>
public sealed record CpuBalancer(EquatableArray<SlotItem> To, EquatableArray<CpuSlot> Cpus) : Balancer
{
    /// <summary>Entries of the table; CPU i has entry i modulo this.</summary>
    public const int TableSize = 1024;

    internal override bool Scatters => true;
}
