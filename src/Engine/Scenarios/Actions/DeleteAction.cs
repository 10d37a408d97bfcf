using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Scenarios.Documents;

namespace ReuseportPS.Engine.Scenarios.Actions;

/// <summary>BPF_MAP_DELETE_ELEM.</summary>
internal sealed record DeleteAction(string Map, long Key) : IScenarioAction
{
    public static ActionDefinition Definition { get; } = new(
        "delete", "Deletes an entry of a map.",
        [
            new("map", FieldKinds.Known(NameKind.Map), "The map.", true),
            new("key", FieldKinds.Number, "The key; 0 by default."),
        ],
        fields => new DeleteAction(fields.Get<string>("map"), fields.Number("key") ?? 0));

    public Observation? Run(ScenarioHost host)
    {
        IBackendMap map = host.Map(Map);
        map.Delete(MapKeys.Of(map, Key));
        return null;
    }
}
