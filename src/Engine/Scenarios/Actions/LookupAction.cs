using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Scenarios.Documents;

namespace ReuseportPS.Engine.Scenarios.Actions;

/// <summary>BPF_MAP_LOOKUP_ELEM, for whether it is refused.</summary>
internal sealed record LookupAction(string Map, long Key) : IScenarioAction
{
    public static ActionDefinition Definition { get; } = new(
        "lookup", "Looks an entry of a map up, from user space, and does not mind what it is. An entry that is not there is ENOENT.",
        [
            new("map", FieldKinds.Known(NameKind.Map), "The map.", true),
            new("key", FieldKinds.Number, "The key; 0 by default."),
        ],
        fields => new LookupAction(fields.Get<string>("map"), fields.Number("key") ?? 0));

    public Observation? Run(ScenarioHost host)
    {
        IBackendMap map = host.Map(Map);
        return map.Lookup(MapKeys.Of(map, Key)) is null
            ? throw new BackendException(Errno.ENOENT, "BPF_MAP_LOOKUP_ELEM", ScenarioDiagnostics.UnknownName.At(null, $"Map '{Map}' has no entry {Key}."))
            : null;
    }
}
