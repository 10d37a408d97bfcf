using System.Collections.Immutable;
using ReuseportPS.Engine.Scenarios.Documents;

namespace ReuseportPS.Engine.Scenarios.Actions;

/// <summary>send(2).</summary>
internal sealed record SendAction(string From, ImmutableArray<byte> Data) : IScenarioAction
{
    public static ActionDefinition Definition { get; } = new(
        "send", "Sends data from an end of a connection, or from a UDP socket with a peer.",
        [
            new("from", FieldKinds.Known(NameKind.Connection, NameKind.Socket), "The end.", true),
            new("data", FieldKinds.Bytes, "The data.", true),
        ],
        fields => new SendAction(fields.Get<string>("from"), fields.Get<ImmutableArray<byte>>("data")));

    public Observation? Run(ScenarioHost host)
    {
        host.End(From).Send(Data.AsSpan());
        return null;
    }
}
