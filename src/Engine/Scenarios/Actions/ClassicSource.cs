using ReuseportPS.Engine.Classic;

namespace ReuseportPS.Engine.Scenarios.Actions;

/// <summary>A classic program: it is not loaded, but attached.</summary>
internal sealed record ClassicSource(ClassicProgram Program) : IProgramSource
{
    public ScenarioProgram Load(ScenarioHost host) => new(null, Program);
}
