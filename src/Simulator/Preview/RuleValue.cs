namespace ReuseportPS.Simulator.Preview;

/// <summary>A condition of a rule, and what it saw of a packet.</summary>
/// <param name="Rule">Name of the rule.</param>
/// <param name="Condition">Key of the condition: <c>source</c>, <c>destination-port</c>.</param>
/// <param name="Wanted">What the rule wants.</param>
/// <param name="Seen">What the packet has; empty when that is not a single value.</param>
/// <param name="Holds">Whether the condition holds.</param>
public sealed record RuleValue(string Rule, string Condition, string Wanted, string Seen, bool Holds);
