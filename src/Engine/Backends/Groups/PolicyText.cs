using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Engine.Backends.Groups;

/// <summary>How a policy is written into and read from a group's pins; the text format is the caller's (YAML).</summary>
/// <param name="Write">Policy to text.</param>
/// <param name="Read">Text to policy; throws a DiagnosticException when the text is not a policy.</param>
public sealed record PolicyText(Func<SteeringPolicy, string> Write, Func<string, SteeringPolicy> Read);
