using System.Collections.Immutable;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Scenarios.Documents;

namespace ReuseportPS.Engine.Scenarios.Actions;

/// <summary>An entry of a map as numbers.</summary>
internal sealed record ExpectValueAction(string Map, long Key, ImmutableArray<long> Value) : IScenarioAction
{
    public static ActionDefinition Definition { get; } = new(
        "expect-value", "Holds an entry of a map to numbers, signed, each of an equal part of the value.",
        [
            new("map", FieldKinds.Known(NameKind.Map), "The map.", true),
            new("key", FieldKinds.Number, "The key; 0 by default."),
            new("value", FieldKinds.Numbers, "The numbers.", true),
        ],
        fields => new ExpectValueAction(fields.Get<string>("map"), fields.Number("key") ?? 0, fields.Get<ImmutableArray<long>>("value")), OnlyLooks: true);

    public Observation? Run(ScenarioHost host)
    {
        IBackendMap map = host.Map(Map);
        string expected = string.Join(", ", Value);
        string actual = "";
        _ = host.Becomes(() => (actual = Read(map)) == expected);
        return Observation.Of(expected, actual);
    }

    private string Read(IBackendMap map) =>
        map.Lookup(MapKeys.Of(map, Key)) is { } value ? string.Join(", ", MapKeys.Numbers(value, Value.Length)) : "no entry";
}
