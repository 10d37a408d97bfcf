using ReuseportPS.Engine.Scenarios.Documents;

namespace ReuseportPS.Engine.Scenarios.Actions;

/// <summary>BPF_MAP_FREEZE.</summary>
internal sealed record FreezeAction(string Map) : IScenarioAction
{
    public static ActionDefinition Definition { get; } = new(
        "freeze", "Freezes a map: user space can write no more.",
        [new("map", FieldKinds.Known(NameKind.Map), "The map.", true)],
        fields => new FreezeAction(fields.Get<string>("map")));

    public Observation? Run(ScenarioHost host)
    {
        host.Map(Map).Freeze();
        return null;
    }
}
