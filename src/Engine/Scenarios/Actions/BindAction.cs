using System.Net;
using ReuseportPS.Engine.Scenarios.Documents;

namespace ReuseportPS.Engine.Scenarios.Actions;

/// <summary>bind(2).</summary>
internal sealed record BindAction(string Socket, IPEndPoint EndPoint) : IScenarioAction
{
    public static ActionDefinition Definition { get; } = new(
        "bind", "Binds a socket.",
        [
            new("socket", FieldKinds.Known(NameKind.Socket), "The socket.", true),
            new("to", FieldKinds.EndPoint, "Address and port.", true),
        ],
        fields => new BindAction(fields.Get<string>("socket"), fields.Get<IPEndPoint>("to")));

    public Observation? Run(ScenarioHost host)
    {
        host.Socket(Socket).Bind(EndPoint);
        return null;
    }
}
