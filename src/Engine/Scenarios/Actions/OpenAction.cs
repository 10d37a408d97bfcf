using System.Collections.Immutable;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Scenarios.Documents;

namespace ReuseportPS.Engine.Scenarios.Actions;

/// <summary>socket(2), bind(2) and, TCP, listen(2).</summary>
internal sealed record OpenAction(
    ImmutableArray<string> Sockets, string Process, ServiceEndPoint At, int? Backlog, Func<ScenarioHost, IBackendSocket> Create) : IScenarioAction
{
    public static ActionDefinition Definition { get; } = new(
        "open", "Makes sockets, binds them, and lets TCP ones listen. A socket that is refused does not stay.",
        [
            new("socket", FieldKinds.NewList(NameKind.Socket), "Their names, in the order in which they are opened.", true),
            new("at", FieldKinds.Service, "Protocol, address and port. The address says the family; ::ffff:a.b.c.d is IPv6.", true),
            new("listen", FieldKinds.Switch, "Whether a TCP socket listens; true by default."),
            new("backlog", FieldKinds.Number, "Backlog of listen; 128 by default."),
            .. SocketFields.Options,
        ],
        fields =>
        {
            ServiceEndPoint at = fields.Get<ServiceEndPoint>("at");
            bool listens = at.Protocol == TransportProtocol.Tcp && fields.Get("listen", true);
            return new OpenAction(
                fields.Get<ImmutableArray<string>>("socket"), fields.Get("process", ScenarioHost.MainProcess), at,
                listens ? (int)(fields.Number("backlog") ?? ListenAction.DefaultBacklog) : null, SocketFields.Creator(fields, at.Protocol, at.Family));
        });

    public Observation? Run(ScenarioHost host)
    {
        foreach (string name in Sockets)
        {
            IBackendSocket socket = Create(host);
            try
            {
                socket.Bind(At.EndPoint);
                if (Backlog is int backlog)
                {
                    socket.Listen(backlog);
                }
            }
            catch
            {
                socket.Dispose();
                throw;
            }

            host.AddSocket(name, Process, socket);
        }

        return null;
    }
}
