using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Engine.Backends;

/// <summary>
/// The hash that a host gave a flow. A few of these are enough to find a host's IPv4 secret, so it is shown by nothing: neither as text nor by
/// its properties.
/// </summary>
/// <param name="flow">The flow, as its client sent it.</param>
/// <param name="hash">What the host's program read as <c>hash</c>, from a group bound to the flow's destination.</param>
public sealed class ObservedHash(FlowKey flow, uint hash)
{
    /// <summary>The flow, as its client sent it.</summary>
    public FlowKey Flow { get; } = flow;

    /// <summary>The hash.</summary>
    public uint GetHash() => hash;
}
