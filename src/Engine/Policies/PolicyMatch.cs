using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Engine.Policies;

/// <summary><c>when:</c>: everything given must hold; of several values of one key, one must.</summary>
public sealed record PolicyMatch
{
    /// <summary>Matches every packet.</summary>
    public static PolicyMatch Everything { get; } = new();

    /// <summary>Source addresses.</summary>
    public AddressMatch Source { get; init; } = AddressMatch.Any;

    /// <summary>Destination addresses.</summary>
    public AddressMatch Destination { get; init; } = AddressMatch.Any;

    /// <summary>Source ports; none given means every port.</summary>
    public EquatableArray<PortRange> SourcePorts { get; init; } = [];

    /// <summary>Destination ports; none given means every port.</summary>
    public EquatableArray<PortRange> DestinationPorts { get; init; } = [];

    /// <summary>IP version, or null for both.</summary>
    public IpFamily? Family { get; init; }

    /// <summary>Transport protocol, or null for both.</summary>
    public TransportProtocol? Protocol { get; init; }

    /// <summary>Flags of a TCP segment; none given means whatever they are, and any datagram.</summary>
    public EquatableArray<TcpFlagsTest> TcpFlags { get; init; } = [];

    /// <summary>CPUs that the packet is processed on; none given means every one.</summary>
    public EquatableArray<NumberRange> Cpus { get; init; } = [];

    /// <summary>NUMA nodes of these CPUs; none given means every one.</summary>
    public EquatableArray<NumberRange> NumaNodes { get; init; } = [];

    /// <summary>Bytes of payload of a datagram (of a whole train, where several were joined); none given means every packet.</summary>
    public EquatableArray<NumberRange> Lengths { get; init; } = [];

    /// <summary>What stands in the payload of a datagram; none given means every packet.</summary>
    public EquatableArray<BytesTest> Bytes { get; init; } = [];

    /// <summary>A share of the flows, or null for all.</summary>
    public FlowFraction? Fraction { get; init; }

    /// <summary>Whether it is a connection whose listener stopped, or null for both.</summary>
    public bool? Migrating { get; init; }

    /// <summary>Matches of which none may hold.</summary>
    public EquatableArray<PolicyMatch> Not { get; init; } = [];

    /// <summary>Matches of which one must hold; none given means no condition.</summary>
    public EquatableArray<PolicyMatch> AnyOf { get; init; } = [];

    /// <summary>This match and all within it.</summary>
    internal IEnumerable<PolicyMatch> All() => Not.Items.Concat(AnyOf.Items).SelectMany(inner => inner.All()).Prepend(this);

    /// <summary>Whether it looks at what only a datagram has.</summary>
    internal bool WantsPayload => Lengths.Count > 0 || Bytes.Count > 0;
}
