using System.Collections.Immutable;
using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Policies;

/// <summary>What came of reading a policy.</summary>
/// <param name="Policy">The policy; null when there is an error.</param>
/// <param name="Diagnostics">Everything found, in the order of the text.</param>
public sealed record PolicyReading(SteeringPolicy? Policy, ImmutableArray<Diagnostic> Diagnostics);
