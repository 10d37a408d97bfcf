using System.Net;
using ReuseportPS.Engine.Scenarios.Documents;

namespace ReuseportPS.Engine.Scenarios.Actions;

/// <summary>connect(2) on a socket of the server, or with AF_UNSPEC.</summary>
internal sealed record SetPeerAction(string Socket, IPEndPoint? Peer) : IScenarioAction
{
    public static ActionDefinition Definition { get; } = new(
        "set-peer", "Connects a UDP socket of the server to one peer; it leaves its group.",
        [
            new("socket", FieldKinds.Known(NameKind.Socket), "The socket.", true),
            new("peer", FieldKinds.EndPoint, "The peer.", true),
        ],
        fields => new SetPeerAction(fields.Get<string>("socket"), fields.Get<IPEndPoint>("peer")));

    public static ActionDefinition ClearDefinition { get; } = new(
        "clear-peer", "Takes the peer away (connect with AF_UNSPEC).",
        [new("socket", FieldKinds.Known(NameKind.Socket), "The socket.", true)],
        fields => new SetPeerAction(fields.Get<string>("socket"), null));

    public Observation? Run(ScenarioHost host)
    {
        if (Peer is null)
        {
            host.Socket(Socket).Disconnect();
        }
        else
        {
            host.Socket(Socket).Connect(Peer);
        }

        return null;
    }
}
