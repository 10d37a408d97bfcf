using System.Collections.Immutable;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Scenarios.Documents;

namespace ReuseportPS.Engine.Scenarios.Actions;

/// <summary>socket(2): sockets that are not bound.</summary>
internal sealed record CreateAction(ImmutableArray<string> Sockets, string Process, Func<ScenarioHost, IBackendSocket> Create) : IScenarioAction
{
    public static ActionDefinition Definition { get; } = new(
        "create", "Makes sockets that are not bound yet.",
        [
            new("socket", FieldKinds.NewList(NameKind.Socket), "Their names.", true),
            new("protocol", FieldKinds.Word("tcp", "udp"), "Protocol.", true),
            new("family", FieldKinds.Word("v4", "v6"), "Address family; v4 by default."),
            .. SocketFields.Options,
        ],
        fields => new CreateAction(
            fields.Get<ImmutableArray<string>>("socket"), fields.Get("process", ScenarioHost.MainProcess),
            SocketFields.Creator(
                fields, fields.Get<string>("protocol") == "tcp" ? TransportProtocol.Tcp : TransportProtocol.Udp, fields.Get("family", "v4") == "v4" ? IpFamily.V4 : IpFamily.V6)));

    public Observation? Run(ScenarioHost host)
    {
        foreach (string name in Sockets)
        {
            host.AddSocket(name, Process, Create(host));
        }

        return null;
    }
}
