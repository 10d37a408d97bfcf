using System.Net.Sockets;
using ReuseportPS.Engine.Scenarios.Documents;

namespace ReuseportPS.Engine.Scenarios.Actions;

/// <summary>shutdown(2).</summary>
internal sealed record ShutdownAction(string End, SocketShutdown How) : IScenarioAction
{
    public static ActionDefinition Definition { get; } = new(
        "shutdown", "Shuts down a socket or an end of a connection. A listener whose receiving side is shut down listens no more.",
        [
            new("socket", FieldKinds.Known(NameKind.Socket, NameKind.Connection), "The socket or end.", true),
            new("how", FieldKinds.Word("receive", "send", "both"), "Which side; receive by default."),
        ],
        fields => new ShutdownAction(fields.Get<string>("socket"), fields.Get("how", "receive") switch
        {
            "send" => SocketShutdown.Send,
            "both" => SocketShutdown.Both,
            _ => SocketShutdown.Receive,
        }));

    public Observation? Run(ScenarioHost host)
    {
        host.End(End).Shutdown(How);
        return null;
    }
}
