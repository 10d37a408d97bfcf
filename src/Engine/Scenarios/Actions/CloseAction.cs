using System.Collections.Immutable;
using ReuseportPS.Engine.Scenarios.Documents;

namespace ReuseportPS.Engine.Scenarios.Actions;

/// <summary>close(2): handles on sockets, of one process or of all that hold one.</summary>
internal sealed record CloseAction(ImmutableArray<string> Sockets, string? Process) : IScenarioAction
{
    public static ActionDefinition Definition { get; } = new(
        "close", "Closes sockets.",
        [
            new("socket", FieldKinds.KnownList(NameKind.Socket), "The sockets, in the order in which they are closed.", true),
            new("process", FieldKinds.Known(NameKind.Process), "Close only what this process holds; every handle by default."),
        ],
        fields => new CloseAction(fields.Get<ImmutableArray<string>>("socket"), fields.Find<string>("process")));

    public Observation? Run(ScenarioHost host)
    {
        foreach (string name in Sockets)
        {
            host.Close(Process, name);
        }

        return null;
    }
}
