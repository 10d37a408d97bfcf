namespace ReuseportPS.Engine.Scenarios.Actions;

/// <summary>A program of a scenario as plain data.</summary>
internal interface IProgramSource
{
    /// <summary>Loads it, with the maps of the case.</summary>
    ScenarioProgram Load(ScenarioHost host);
}
