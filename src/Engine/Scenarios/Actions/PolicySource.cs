using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Engine.Scenarios.Actions;

/// <summary>A compiled policy.</summary>
internal sealed record PolicySource(CompiledPolicy Policy) : IProgramSource
{
    public ScenarioProgram Load(ScenarioHost host)
    {
        LivePolicy live = LivePolicy.Create(host.Backend, Policy);
        try
        {
            Dictionary<string, IBackendMap> shared = live.Shared.ToDictionary(pair => pair.Pin, pair => pair.Map, StringComparer.Ordinal);
            return new ScenarioProgram(
                host.Backend.LoadProgram(Policy.Program, [.. Policy.Program.Maps.Select(map => shared.GetValueOrDefault(map.Name) ?? host.FindOrCreate(map))]), null, live);
        }
        catch
        {
            live.Dispose();
            throw;
        }
    }
}
