using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Programs;
using ReuseportPS.Engine.Scenarios.Documents;

namespace ReuseportPS.Engine.Scenarios.Actions;

/// <summary>BPF_MAP_CREATE.</summary>
internal sealed record MapAction(MapSpec Spec) : IScenarioAction
{
    private const int LongestName = 15;

    public static ActionDefinition Definition { get; } = new(
        "map", "Makes a map.",
        [
            new("name", FieldKinds.New(NameKind.Map), "Its name.", true),
            new("type", FieldKinds.Word([.. ProgramWords.MapTypes.Select(type => type.Word)]), "Its type; reuseport_sockarray by default."),
            new("entries", FieldKinds.Number, "Most entries; 16 by default."),
            new("key", FieldKinds.Number, "Bytes of a key; 4 by default."),
            new("value", FieldKinds.Number, "Bytes of a value; 8 by default."),
            new("flags", FieldKinds.Flags([.. ProgramWords.MapFlagBits.Select(flag => (flag.Word, (long)flag.Value))]), "Flags of BPF_MAP_CREATE."),
            new("inner", FieldKinds.Known(NameKind.Map), "For a map of maps: a map like those that go into it."),
        ],
        fields =>
        {
            string word = fields.Get("type", "reuseport_sockarray");
            string name = fields.Get<string>("name");
            return new MapAction(
                new MapSpec(
                    name.Length <= LongestName ? name.Replace('-', '_') : name[..LongestName].Replace('-', '_'), ProgramWords.MapTypes.First(type => type.Word == word).Value, (int)(fields.Number("key") ?? 4), (int)(fields.Number("value") ?? 8),
                    unchecked((int)(fields.Number("entries") ?? 16)), (MapFlags)(fields.Number("flags") ?? 0)))
            {
                Name = name,
                Inner = fields.Find<string>("inner"),
            };
        });

    /// <summary>The name in the scenario.</summary>
    public required string Name { get; init; }

    /// <summary>Name of the map that is the template of inner maps, or null.</summary>
    public string? Inner { get; init; }

    public Observation? Run(ScenarioHost host)
    {
        host.AddMap(Name, host.Backend.CreateMap(Inner is null ? Spec : Spec with { Inner = host.Map(Inner).Spec with { Contents = [] } }));
        return null;
    }
}
