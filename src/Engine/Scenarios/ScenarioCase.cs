using System.Collections.Immutable;
using ReuseportPS.Engine.Backends;

namespace ReuseportPS.Engine.Scenarios;

/// <summary>One run of a scenario's steps, in a network namespace of its own.</summary>
/// <param name="Name">The parameters, such as <c>map=sockhash, at=udp [::1]:5000</c>; empty when there are none.</param>
/// <param name="Needs">What a backend must be able to do.</param>
/// <param name="Steps">The steps, in order.</param>
public sealed record ScenarioCase(string Name, ImmutableArray<BackendAbility> Needs, ImmutableArray<ScenarioStep> Steps);
