using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
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

    /// <summary>Source ports.</summary>
    public ImmutableArray<PortRange> SourcePorts { get; init; } = [];

    /// <summary>Destination addresses with their ports. The address 0.0.0.0 or [::] stands for all of its family.</summary>
    public ImmutableArray<IPEndPoint> EndPoints { get; init; } = [];

    /// <summary>Whether the filter keeps a flow.</summary>
    public bool Matches(in FlowKey flow) =>
        (Protocol is null || Protocol == flow.Protocol)
        && Matches(DestinationPorts, flow.DestinationPort)
        && Matches(SourcePorts, flow.SourcePort)
        && MatchesEndPoint(flow)
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

    private bool MatchesEndPoint(in FlowKey flow)
    {
        foreach (IPEndPoint endPoint in EndPoints)
        {
            if (flow.DestinationPort == endPoint.Port
                && (endPoint.AddressFamily == AddressFamily.InterNetwork) == (flow.Family == IpFamily.V4)
                && (endPoint.Address.Equals(IPAddress.Any) || endPoint.Address.Equals(IPAddress.IPv6Any) || FlowKey.ToNumber(endPoint.Address) == flow.Destination))
            {
                return true;
            }
        }

        return EndPoints.IsEmpty;
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

        if (!SourcePorts.IsEmpty)
        {
            yield return $"from port {string.Join(", ", SourcePorts)}";
        }

        if (!EndPoints.IsEmpty)
        {
            yield return $"to {string.Join(", ", EndPoints)}";
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
