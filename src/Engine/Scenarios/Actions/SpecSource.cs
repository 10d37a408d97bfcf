using ReuseportPS.Engine.Programs;

namespace ReuseportPS.Engine.Scenarios.Actions;

/// <summary>One program with its maps.</summary>
internal sealed record SpecSource(ProgramSpec Spec) : IProgramSource
{
    public ScenarioProgram Load(ScenarioHost host) => new(host.Backend.LoadProgram(Spec, [.. Spec.Maps.Select(host.FindOrCreate)]));
}
