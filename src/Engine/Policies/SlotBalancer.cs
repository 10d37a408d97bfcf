namespace ReuseportPS.Engine.Policies;

/// <summary><c>by: slot</c>: one fixed slot.</summary>
/// <param name="Slot">A number, or a name of one slot.</param>
public sealed record SlotBalancer(SlotItem Slot) : Balancer;
