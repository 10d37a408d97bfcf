using System.Net;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Engine.Scenarios;

/// <summary>
/// Opens flows one after the other towards a group, from sockets bound to each flow's own source, and sees which
/// member each reaches. The same code runs on both backends, so that their answers can be compared flow by flow.
/// </summary>
public sealed class FlowExperiment
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    private readonly IReuseportBackend _backend;
    private readonly INetworkNamespace? _clients;
    private readonly Dictionary<ulong, int> _slotOf = [];
    private readonly Dictionary<TransportProtocol, IReadOnlyList<IBackendSocket>> _members;
    private readonly byte[] _buffer = new byte[65536];

    /// <summary>Prepares an experiment on a group.</summary>
    /// <param name="backend">Backend that the group lives on.</param>
    /// <param name="group">A group with own sockets.</param>
    /// <param name="clients">Namespace that the clients send from; null means the backend's current one.</param>
    public FlowExperiment(IReuseportBackend backend, ManagedGroup group, INetworkNamespace? clients)
        : this(backend, [.. group.OwnSockets], clients)
    {
    }

    /// <summary>Prepares an experiment on sockets that receive.</summary>
    /// <param name="backend">Backend that the sockets live on.</param>
    /// <param name="kernelGroups">For each kernel group its sockets by slot.</param>
    /// <param name="clients">Namespace that the clients send from; null means the backend's current one.</param>
    public FlowExperiment(IReuseportBackend backend, IReadOnlyList<IReadOnlyList<IBackendSocket>> kernelGroups, INetworkNamespace? clients)
    {
        _backend = backend;
        _clients = clients;
        foreach (IReadOnlyList<IBackendSocket> kernelGroup in kernelGroups)
        {
            for (int slot = 0; slot < kernelGroup.Count; slot++)
            {
                _slotOf[kernelGroup[slot].Cookie] = slot;
            }
        }

        _members = kernelGroups.SelectMany(sockets => sockets).GroupBy(socket => socket.Protocol)
            .ToDictionary(members => members.Key, members => (IReadOnlyList<IBackendSocket>)[.. members]);
    }

    /// <summary>Opens one flow and says where it arrived. The flow is over when this returns.</summary>
    public FlowArrival Open(FlowOpening opening)
    {
        FlowKey flow = opening.Flow;
        if (flow.SourcePort == 0)
        {
            return new FlowArrival(ArrivalKind.NotSent, -1, "its source port is 0, which no socket can be bound to");
        }

        if (!_members.TryGetValue(flow.Protocol, out IReadOnlyList<IBackendSocket>? members))
        {
            return new FlowArrival(ArrivalKind.NotSent, -1, $"the group has no {flow.Protocol} member");
        }

        using IBackendSocket client = _backend.CreateSocket(new SocketSpec(flow.Protocol, flow.Family, ReusePort: false), _clients);
        try
        {
            client.Bind(flow.SourceEndPoint);
            return flow.Protocol == TransportProtocol.Tcp ? OpenTcp(client, flow, members) : OpenUdp(client, opening, members);
        }
        catch (BackendException exception)
        {
            // A source that is taken, a broadcast destination: what a client may not do here says nothing about the policy.
            return new FlowArrival(ArrivalKind.NotSent, -1, exception.Diagnostics[0].Message);
        }
    }

    private FlowArrival OpenTcp(IBackendSocket client, FlowKey flow, IReadOnlyList<IBackendSocket> members)
    {
        try
        {
            client.Connect(flow.DestinationEndPoint);
        }
        catch (BackendException exception) when (exception.Errno == Errno.ECONNREFUSED)
        {
            return new FlowArrival(ArrivalKind.Rejected, -1);
        }
        catch (BackendException exception) when (exception.Errno == Errno.ETIMEDOUT)
        {
            return new FlowArrival(ArrivalKind.Lost, -1);
        }

        FlowArrival arrival = new(ArrivalKind.Lost, -1);
        while (arrival.Kind == ArrivalKind.Lost && _backend.WaitForArrival(members, s_patience) is { } listener)
        {
            using IBackendSocket? accepted = listener.TryAccept(out IPEndPoint? peer);
            if (accepted is not null && flow.SourceEndPoint.Equals(Unmapped(peer)))
            {
                arrival = new FlowArrival(ArrivalKind.Slot, _slotOf[listener.Cookie]);
                accepted.Abort();
            }
        }

        client.Abort();
        return arrival;
    }

    private FlowArrival OpenUdp(IBackendSocket client, FlowOpening opening, IReadOnlyList<IBackendSocket> members)
    {
        try
        {
            // Connected, so that a port unreachable answer is seen.
            client.Connect(opening.Flow.DestinationEndPoint);
            client.Send(opening.Payload.AsSpan());
            IBackendSocket[] watched = [.. members, client];
            while (_backend.WaitForArrival(watched, s_patience) is { } ready)
            {
                if (ready.TryReceive(_buffer, out _, out IPEndPoint? source)
                    && opening.Flow.SourceEndPoint.Equals(Unmapped(source)) && _slotOf.TryGetValue(ready.Cookie, out int slot))
                {
                    return new FlowArrival(ArrivalKind.Slot, slot);
                }
            }
        }
        catch (BackendException exception) when (exception.Errno == Errno.ECONNREFUSED)
        {
            return new FlowArrival(ArrivalKind.Rejected, -1);
        }

        return new FlowArrival(ArrivalKind.Lost, -1);
    }

    private static IPEndPoint? Unmapped(IPEndPoint? endPoint) =>
        endPoint?.Address.IsIPv4MappedToIPv6 == true ? new IPEndPoint(endPoint.Address.MapToIPv4(), endPoint.Port) : endPoint;
}
