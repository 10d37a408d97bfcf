using System.Collections.Immutable;
using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Scenarios;

/// <summary>What came of reading a scenario.</summary>
/// <param name="Scenario">The scenario; null when there is an error.</param>
/// <param name="Diagnostics">Everything found, in the order of the text.</param>
public sealed record ScenarioReading(Scenario? Scenario, ImmutableArray<Diagnostic> Diagnostics);
