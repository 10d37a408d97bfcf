using System.Collections.Immutable;

namespace ReuseportPS.Engine.Scenarios;

/// <summary>A scenario as plain data: what is done to sockets, maps and programs, and what must come of it. docs/scenarios.md describes how it is written.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Cases">One case for each combination of its parameters; at least one.</param>
public sealed record Scenario(string Name, ImmutableArray<ScenarioCase> Cases);
