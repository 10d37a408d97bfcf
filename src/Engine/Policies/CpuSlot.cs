namespace ReuseportPS.Engine.Policies;

/// <summary>The slot of some CPUs.</summary>
/// <param name="Cpus">The CPUs.</param>
/// <param name="Slot">A number, or a name of one slot.</param>
public readonly record struct CpuSlot(NumberRange Cpus, SlotItem Slot);
