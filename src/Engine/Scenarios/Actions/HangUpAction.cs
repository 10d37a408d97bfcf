using ReuseportPS.Engine.Scenarios.Documents;

namespace ReuseportPS.Engine.Scenarios.Actions;

/// <summary>close(2) of an end of a connection.</summary>
internal sealed record HangUpAction(string Connection, bool Resets) : IScenarioAction
{
    public static ActionDefinition Definition { get; } = new(
        "hang-up", "Closes an end of a connection.",
        [
            new("connection", FieldKinds.Known(NameKind.Connection), "The end.", true),
            new("reset", FieldKinds.Switch, "Whether with a reset (SO_LINGER 0); false by default."),
        ],
        fields => new HangUpAction(fields.Get<string>("connection"), fields.Get("reset", false)));

    public Observation? Run(ScenarioHost host)
    {
        if (Resets)
        {
            host.Connection(Connection).Abort();
        }
        else
        {
            host.Connection(Connection).Dispose();
        }

        host.RemoveConnection(Connection);
        return null;
    }
}
