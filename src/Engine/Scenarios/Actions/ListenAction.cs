using System.Collections.Immutable;
using ReuseportPS.Engine.Scenarios.Documents;

namespace ReuseportPS.Engine.Scenarios.Actions;

/// <summary>listen(2), also for a socket that was shut down.</summary>
internal sealed record ListenAction(ImmutableArray<string> Sockets, int Backlog) : IScenarioAction
{
    public const int DefaultBacklog = 128;

    public static ActionDefinition Definition { get; } = new(
        "listen", "Lets TCP sockets listen; also those that were shut down.",
        [
            new("socket", FieldKinds.KnownList(NameKind.Socket), "The sockets.", true),
            new("backlog", FieldKinds.Number, "The backlog; 128 by default."),
        ],
        fields => new ListenAction(fields.Get<ImmutableArray<string>>("socket"), (int)(fields.Number("backlog") ?? DefaultBacklog)));

    public Observation? Run(ScenarioHost host)
    {
        foreach (string name in Sockets)
        {
            host.Socket(name).Listen(Backlog);
        }

        return null;
    }
}
