using ReuseportPS.Engine.Backends;

namespace ReuseportPS.Engine.Scenarios;

/// <summary>What a step does.</summary>
public interface IScenarioAction
{
    /// <summary>Does it.</summary>
    /// <returns>What was expected and seen, for an action that looks; null for one that changes something.</returns>
    /// <exception cref="BackendException">The kernel refused.</exception>
    /// <exception cref="ScenarioException">It cannot be done: what it refers to is not there.</exception>
    Observation? Run(ScenarioHost host);
}
