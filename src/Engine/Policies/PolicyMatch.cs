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
}
