namespace ReuseportPS.Engine.Policies;

/// <summary>A slot, or the kernel, is chosen.</summary>
/// <param name="By">The balancer.</param>
/// <param name="Sticky">The flow table that keeps flows where they first went; null without one.</param>
public sealed record SteerAction(Balancer By, StickyFlows? Sticky = null) : PolicyAction;
