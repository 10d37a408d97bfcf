namespace ReuseportPS.Engine.Policies;

/// <summary>What one <c>by: connection-id</c> of a policy makes of an id that a server issued.</summary>
/// <param name="Rule">The rule, from 0; -1 for otherwise.</param>
/// <param name="Slot">The slot that the id names; -1 for none: then the flow follows the old generation, or whatever <paramref name="Reason"/> says.</param>
/// <param name="Reason">Why, in words.</param>
public sealed record ConnectionIdFinding(int Rule, int Slot, string Reason);
