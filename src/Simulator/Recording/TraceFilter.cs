using System.Collections.Immutable;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Simulator.Recording;

/// <summary>Which packets of a trace to keep: those that meet every condition given. A list is an "or"; an empty list or null is no condition.</summary>
public sealed record TraceFilter
{
    /// <summary>TCP or UDP.</summary>
    public TransportProtocol? Protocol { get; init; }

    /// <summary>Destination ports: the service's. Without them a capture of both directions holds replies too.</summary>
    public ImmutableArray<PortRange> DestinationPorts { get; init; } = [];

    /// <summary>Destination addresses.</summary>
    public ImmutableArray<AddressPrefix> Destinations { get; init; } = [];

    /// <summary>Source addresses.</summary>
    public ImmutableArray<AddressPrefix> Sources { get; init; } = [];

    /// <summary>Whether the filter keeps a flow.</summary>
    public bool Matches(in FlowKey flow) =>
        (Protocol is null || Protocol == flow.Protocol)
        && Matches(DestinationPorts, flow.DestinationPort)
        && Matches(Destinations, flow.Family, flow.Destination)
        && Matches(Sources, flow.Family, flow.Source);

    /// <summary>The trace without the packets that the filter leaves out; those are counted as <see cref="TraceStatistics.Filtered"/>.</summary>
    public IPacketSource Apply(IPacketSource source) => new FilteredTrace(source, this);

    /// <summary>The conditions in words: <c>udp to port 53</c>; empty when there are none.</summary>
    public override string ToString() => string.Join(' ', Describe());

    private static bool Matches(ImmutableArray<PortRange> ports, ushort port)
    {
        foreach (PortRange range in ports)
        {
            if (range.Contains(port))
            {
                return true;
            }
        }

        return ports.IsEmpty;
    }

    private static bool Matches(ImmutableArray<AddressPrefix> prefixes, IpFamily family, UInt128 address)
    {
        foreach (AddressPrefix prefix in prefixes)
        {
            if (prefix.Contains(family, address))
            {
                return true;
            }
        }

        return prefixes.IsEmpty;
    }

    private IEnumerable<string> Describe()
    {
        if (Protocol is not null)
        {
            yield return Protocol == TransportProtocol.Tcp ? "tcp" : "udp";
        }

        if (!Sources.IsEmpty)
        {
            yield return $"from {string.Join(", ", Sources)}";
        }

        if (!Destinations.IsEmpty)
        {
            yield return $"to {string.Join(", ", Destinations)}";
        }

        if (!DestinationPorts.IsEmpty)
        {
            yield return $"to port {string.Join(", ", DestinationPorts)}";
        }
    }
}
