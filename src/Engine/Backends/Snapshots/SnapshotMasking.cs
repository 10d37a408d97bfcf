using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Engine.Backends.Snapshots;

/// <summary>Masks the clients of a snapshot. The addresses of the service, ports, and what the policy's text says stay.</summary>
public static class SnapshotMasking
{
    /// <summary>The group with other addresses in the place of its clients', in the order that a host would list them in.</summary>
    public static SnapshotGroup Masked(this SnapshotGroup group, AddressMask mask) => group with
    {
        Flows =
        [
            .. group.Flows.Select(flow => flow with { Remote = new(mask.Mask(flow.Remote.Address), flow.Remote.Port) })
                .GroupBy(flow => (flow.Protocol, flow.Local.Port)).SelectMany(LiveConnection.InOrder),
        ],
        StickyFlows = [.. SnapshotStickyFlow.InOrder(group.StickyFlows.Select(flow => flow with { Flow = Masked(flow.Flow, mask) }))],
    };

    private static FlowKey Masked(FlowKey flow, AddressMask mask) => flow with { Source = mask.Mask(flow.Family, flow.Source) };
}
