namespace ReuseportPS.Engine.Policies;

/// <summary>A slot, or the kernel, is chosen.</summary>
/// <param name="By">The balancer.</param>
public sealed record SteerAction(Balancer By) : PolicyAction;
