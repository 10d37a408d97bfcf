namespace ReuseportPS.Engine.Policies;

/// <summary><c>by: kernel</c>: passes without selecting; the kernel chooses by its own hash among all members of its group.</summary>
public sealed record KernelBalancer : Balancer;
