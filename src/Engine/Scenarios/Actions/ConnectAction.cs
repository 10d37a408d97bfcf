using System.Net;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Scenarios.Documents;

namespace ReuseportPS.Engine.Scenarios.Actions;

/// <summary>connect(2) of a client.</summary>
internal sealed record ConnectAction(string Client, ServiceEndPoint To, IPEndPoint? From, bool FastOpen) : IScenarioAction
{
    public static ActionDefinition Definition { get; } = new(
        "connect", "A client connects. TCP: the step succeeds when the handshake is done, and the connection waits to be accepted. UDP: nothing is sent.",
        [
            new("client", FieldKinds.New(NameKind.Connection), "Name of the client's end.", true),
            new("to", FieldKinds.Service, "The service.", true),
            new("from", FieldKinds.EndPoint, "The client's address and port; some of its own by default."),
            new("fast-open", FieldKinds.Switch, "TCP_FASTOPEN_CONNECT: the SYN goes out with the first data; false by default."),
        ],
        fields => new ConnectAction(fields.Get<string>("client"), fields.Get<ServiceEndPoint>("to"), fields.Find<IPEndPoint>("from"), fields.Get("fast-open", false)));

    public Observation? Run(ScenarioHost host)
    {
        IBackendSocket client = host.Backend.CreateSocket(new SocketSpec(To.Protocol, To.Family, ReusePort: false), host.Network);
        try
        {
            client.SetOption(SocketOption.ReuseAddress, 1);
            client.Bind(From ?? host.NextSource(To.EndPoint.Address));
            if (FastOpen)
            {
                client.SetOption(SocketOption.FastOpenConnect, 1);
            }

            client.Connect(To.EndPoint);
        }
        catch
        {
            client.Dispose();
            throw;
        }

        host.AddConnection(Client, client);
        return null;
    }
}
