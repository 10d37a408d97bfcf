using System.Globalization;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Scenarios.Documents;

namespace ReuseportPS.Engine.Scenarios.Actions;

/// <summary>getsockopt(2).</summary>
internal sealed record ExpectOptionAction(string Socket, SocketOption Option, int Value) : IScenarioAction
{
    public static ActionDefinition Definition { get; } = new(
        "expect-option", "Holds an option of a socket to a value.",
        [
            new("socket", FieldKinds.Known(NameKind.Socket, NameKind.Connection), "The socket.", true),
            new("option", SetOptionAction.OptionKind, "The option.", true),
            new("value", FieldKinds.Number, "What it must be.", true),
        ],
        fields => new ExpectOptionAction(fields.Get<string>("socket"), SetOptionAction.OptionOf(fields), (int)fields.Get<long>("value")), OnlyLooks: true);

    public Observation? Run(ScenarioHost host) =>
        Observation.Of(Value.ToString(CultureInfo.InvariantCulture), host.End(Socket).GetOption(Option).ToString(CultureInfo.InvariantCulture));
}
