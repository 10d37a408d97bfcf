namespace ReuseportPS.Engine.Policies;

/// <summary>A rule: what it matches and what happens then.</summary>
/// <param name="Name">Name, unique in the policy; counters and reports show it. Null: <c>rule 1</c>, by its position.</param>
/// <param name="When">What it matches.</param>
/// <param name="Action">What happens.</param>
public sealed record PolicyRule(string? Name, PolicyMatch When, PolicyAction Action);
