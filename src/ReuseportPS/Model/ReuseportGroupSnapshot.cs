using ReuseportPS.Engine.Backends.Groups;

namespace ReuseportPS.Model;

/// <summary>A group as it is in a snapshot, with its live flows as a trace.</summary>
public sealed record ReuseportGroupSnapshot : ReuseportGroup
{
    internal ReuseportGroupSnapshot(ManagedGroup group, PacketTrace trace, bool hasMaskedAddresses)
        : base(group) => (Trace, HasMaskedAddresses) = (trace, hasMaskedAddresses);

    /// <summary>One packet for each of its established connections: what Set-SteeringPolicy -WhatIf previews over, for Measure- and Compare-SteeringPolicy.</summary>
    public PacketTrace Trace { get; }

    /// <summary>Established connections.</summary>
    public long Flows => Trace.Packets;

    /// <summary>Whether the addresses of the clients are others than they were.</summary>
    public bool HasMaskedAddresses { get; }
}
