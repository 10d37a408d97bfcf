namespace ReuseportPS.Engine.Policies;

/// <summary>What happens to a packet: <see cref="SteerAction"/> or <see cref="RejectAction"/>.</summary>
public abstract record PolicyAction;
