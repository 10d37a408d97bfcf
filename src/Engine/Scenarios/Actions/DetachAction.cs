using ReuseportPS.Engine.Scenarios.Documents;

namespace ReuseportPS.Engine.Scenarios.Actions;

/// <summary>SO_DETACH_REUSEPORT_BPF.</summary>
internal sealed record DetachAction(string End) : IScenarioAction
{
    public static ActionDefinition Definition { get; } = new(
        "detach", "Takes the program of a socket's group away.",
        [new("socket", FieldKinds.Known(NameKind.Socket, NameKind.Connection), "A member of the group.", true)],
        fields => new DetachAction(fields.Get<string>("socket")));

    public Observation? Run(ScenarioHost host)
    {
        host.End(End).DetachProgram();
        return null;
    }
}
