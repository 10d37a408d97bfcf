using ReuseportPS.Engine.Scenarios.Documents;

namespace ReuseportPS.Engine.Scenarios.Actions;

/// <summary>A process ends, however: the kernel closes what it holds.</summary>
internal sealed record CrashAction(string Process) : IScenarioAction
{
    public static ActionDefinition Definition { get; } = new(
        "crash", "Ends a process: every handle it holds is closed, in the order in which it got them.",
        [new("process", FieldKinds.Known(NameKind.Process), "The process.", true)],
        fields => new CrashAction(fields.Get<string>("process")));

    public Observation? Run(ScenarioHost host)
    {
        host.Close(Process);
        return null;
    }
}
