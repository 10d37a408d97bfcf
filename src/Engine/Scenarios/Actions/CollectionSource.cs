using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Programs;

namespace ReuseportPS.Engine.Scenarios.Actions;

/// <summary>A program of an object file.</summary>
internal sealed record CollectionSource(ProgramCollection Collection, int Index) : IProgramSource
{
    public ScenarioProgram Load(ScenarioHost host)
    {
        LoadedCollection loaded = LoadedCollection.Load(host.Backend, Collection);
        host.Keep(loaded);
        foreach ((MapSpec spec, IBackendMap map) in Collection.Maps.Zip(loaded.Maps))
        {
            host.AddMap(spec.Name, map);
        }

        return new ScenarioProgram(loaded.Programs[Index]);
    }
}
