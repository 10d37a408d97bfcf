using System.Net;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Scenarios.Documents;

namespace ReuseportPS.Engine.Scenarios.Actions;

/// <summary>accept(2): the next connection of a listener must be a certain client's.</summary>
internal sealed record AcceptAction(string Socket, string Client, string? As) : IScenarioAction
{
    public static ActionDefinition Definition { get; } = new(
        "accept", "A listener accepts its next connection, which must be a certain client's.",
        [
            new("socket", FieldKinds.Known(NameKind.Socket), "The listener.", true),
            new("client", FieldKinds.Known(NameKind.Connection), "The client.", true),
            new("as", FieldKinds.New(NameKind.Connection), "A name for the server's end; without one it is closed when the case ends."),
        ],
        fields => new AcceptAction(fields.Get<string>("socket"), fields.Get<string>("client"), fields.Find<string>("as")), OnlyLooks: true);

    public Observation? Run(ScenarioHost host)
    {
        string expected = Text(host.Connection(Client).LocalEndPoint);
        IBackendSocket listener = host.Socket(Socket);
        IPEndPoint? peer = null;
        IBackendSocket? accepted = host.Backend.WaitForArrival([listener], ScenarioHost.Patience) is null ? null : listener.TryAccept(out peer);
        if (accepted is null)
        {
            return new Observation($"connection of {Client}", "no connection", false);
        }

        if (As is null)
        {
            host.Keep(accepted);
        }
        else
        {
            host.AddConnection(As, accepted);
        }

        bool same = string.Equals(Text(peer), expected, StringComparison.Ordinal);
        return new Observation($"connection of {Client}", same ? $"connection of {Client}" : $"connection of {peer}", same);
    }

    private static string Text(IPEndPoint? endPoint) => endPoint?.Address.IsIPv4MappedToIPv6 == true
        ? new IPEndPoint(endPoint.Address.MapToIPv4(), endPoint.Port).ToString()
        : endPoint?.ToString() ?? "";
}
