namespace ReuseportPS.Engine.Policies;

/// <summary>How one slot is chosen out of several: the <c>by:</c> of a steer action.</summary>
public abstract record Balancer;
