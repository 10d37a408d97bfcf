using System.Collections.Immutable;
using System.Net;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Scenarios.Documents;

namespace ReuseportPS.Engine.Scenarios.Actions;

/// <summary>Opens flows one after the other, each from a source of its own, and sees where each arrives.</summary>
internal sealed record FlowsAction(
    ServiceEndPoint To, int Count, IPEndPoint? From, ImmutableArray<byte> Data, int? Cpu, ArrivalExpectation Arrive) : IScenarioAction
{
    private const int MostFlows = 20_000;

    public static ActionDefinition Definition { get; } = new(
        "flows", "Opens flows one after the other, each from a port of its own: a datagram, or a connection that is accepted and ended again. Says where each must arrive. Connections that wait at a listener of the service may be accepted and closed on the way: use connect and accept beside them.",
        [
            new("to", FieldKinds.Service, "The service.", true),
            new("arrive", FieldKinds.Arrivals, "Where they must arrive: at one socket (or `refused`, `lost`), at any of a list, or how many at each, such as `{ a: 40..60, b: 40..60 }`.", true),
            new("count", FieldKinds.Number, "How many; 1 by default, at most 20,000."),
            new("from", FieldKinds.EndPoint, "Source of the first flow; the ports of the others follow it."),
            new("data", FieldKinds.Bytes, "Payload of a datagram."),
            new("cpu", FieldKinds.Number, "The CPU that they are sent from, and over loopback processed on."),
        ],
        fields =>
        {
            long count = fields.Number("count") ?? 1;
            if (count is < 1 or > MostFlows)
            {
                fields.Report(ScenarioDiagnostics.BadValue, "count", "The number of flows is 1 to 20,000.");
                return null;
            }

            ArrivalExpectation arrive = fields.Get<ArrivalExpectation>("arrive");
            return new FlowsAction(
                fields.Get<ServiceEndPoint>("to"), (int)count, fields.Find<IPEndPoint>("from"), fields.Get("data", ImmutableArray.Create<byte>(1, 2, 3, 4)),
                (int?)fields.Number("cpu"), arrive.Anyone.Length == 1 ? new ArrivalExpectation([], [new Share(arrive.Anyone[0], count, count)]) : arrive);
        },
        OnlyLooks: true);

    public Observation? Run(ScenarioHost host)
    {
        IReadOnlyList<(string Name, IBackendSocket Socket)> receivers = host.Receivers(To.Protocol);
        FlowExperiment experiment = new(host.Backend, [[.. receivers.Select(receiver => receiver.Socket)]], host.Network);
        Dictionary<string, int> counts = new(StringComparer.Ordinal);
        Action all = () =>
        {
            for (int flow = 0; flow < Count; flow++)
            {
                IPEndPoint source = From is null ? host.NextSource(To.EndPoint.Address) : new IPEndPoint(From.Address, From.Port + flow);
                FlowArrival arrival = experiment.Open(new FlowOpening(
                    new FlowKey(
                        To.Family, To.Protocol, FlowKey.ToNumber(source.Address), FlowKey.ToNumber(To.EndPoint.Address), (ushort)source.Port, (ushort)To.EndPoint.Port),
                    Data));
                string where = arrival.Kind switch
                {
                    ArrivalKind.Slot => receivers[arrival.Slot].Name,
                    ArrivalKind.Rejected => ArrivalExpectation.Refused,
                    ArrivalKind.Lost => ArrivalExpectation.Lost,
                    _ => arrival.ToString(),
                };
                counts[where] = counts.GetValueOrDefault(where) + 1;
            }
        };
        if (Cpu is int cpu)
        {
            host.Backend.RunOn(cpu, host.Network, all);
        }
        else
        {
            all();
        }

        return Arrive.Of(counts);
    }
}
