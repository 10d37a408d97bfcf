using System.Collections.Immutable;
using ReuseportPS.Engine.Scenarios.Documents;

namespace ReuseportPS.Engine.Scenarios.Actions;

/// <summary>Another process gets a handle on sockets, as after fork(2) or SCM_RIGHTS.</summary>
internal sealed record InheritAction(ImmutableArray<string> Sockets, string Process) : IScenarioAction
{
    public static ActionDefinition Definition { get; } = new(
        "inherit", "Gives a process handles of its own on sockets, as fork or passing them does. A socket ends with its last handle.",
        [
            new("socket", FieldKinds.KnownList(NameKind.Socket), "The sockets.", true),
            new("process", FieldKinds.New(NameKind.Process), "The process.", true),
        ],
        fields => new InheritAction(fields.Get<ImmutableArray<string>>("socket"), fields.Get<string>("process")));

    public Observation? Run(ScenarioHost host)
    {
        foreach (string name in Sockets)
        {
            host.AddHandle(name, Process, host.Socket(name).Duplicate());
        }

        return null;
    }
}
