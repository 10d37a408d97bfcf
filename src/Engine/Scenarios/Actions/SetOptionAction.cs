using System.Collections.Immutable;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Scenarios.Documents;

namespace ReuseportPS.Engine.Scenarios.Actions;

/// <summary>setsockopt(2).</summary>
internal sealed record SetOptionAction(string Socket, SocketOption Option, int Value) : IScenarioAction
{
    public static ImmutableArray<(string Word, SocketOption Option)> Words { get; } =
    [
        ("reuseport", SocketOption.ReusePort), ("reuseaddr", SocketOption.ReuseAddress), ("incoming-cpu", SocketOption.IncomingCpu),
        ("lock-filter", SocketOption.LockFilter), ("v6only", SocketOption.V6Only), ("defer-accept", SocketOption.DeferAccept),
        ("fast-open", SocketOption.FastOpen),
    ];

    public static FieldKind OptionKind { get; } = FieldKinds.Word([.. Words.Select(word => word.Word)]);

    public static ActionDefinition Definition { get; } = new(
        "set-option", "Sets an option of a socket.",
        [
            new("socket", FieldKinds.Known(NameKind.Socket), "The socket.", true),
            new("option", OptionKind, "The option.", true),
            new("value", FieldKinds.Number, "Its value.", true),
        ],
        fields => new SetOptionAction(fields.Get<string>("socket"), OptionOf(fields), (int)fields.Get<long>("value")));

    public static SocketOption OptionOf(ActionFields fields) => Words.First(word => word.Word == fields.Get<string>("option")).Option;

    public Observation? Run(ScenarioHost host)
    {
        host.Socket(Socket).SetOption(Option, Value);
        return null;
    }
}
