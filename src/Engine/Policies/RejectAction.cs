namespace ReuseportPS.Engine.Policies;

/// <summary><c>reject: true</c>: a SYN is answered with RST, a datagram with port unreachable (rate-limited by the host).</summary>
public sealed record RejectAction : PolicyAction;
