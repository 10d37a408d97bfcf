using System.Collections.Immutable;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Simulator.Preview;

namespace ReuseportPS.Model;

/// <summary>Which slot a connection id reaches by one <c>by: connection-id</c> of a policy, as Test-SteeringPolicy says with -ConnectionId or -Trace.</summary>
public sealed record SteeringConnectionId
{
    internal SteeringConnectionId(SteeringPolicy policy, byte[] id, ConnectionIdFinding finding, bool isEmpty)
    {
        Policy = policy.Name;
        ConnectionId = Convert.ToHexStringLower(id);
        Rule = finding.Rule < 0 ? null : policy.RuleName(finding.Rule);
        Slot = finding.Slot < 0 || isEmpty ? null : finding.Slot;
        Reason = isEmpty ? $"{finding.Reason}: slot {finding.Slot}, where nobody sits" : finding.Reason;
    }

    internal SteeringConnectionId(SteeringPolicy policy, PreviewGroup group, ConnectionIdUse use)
        : this(policy, [.. use.Id], use.Finding, use.Finding.Slot >= 0 && !group.Occupied[use.Finding.Slot])
    {
        Packets = use.Packets;
        Reached = use.Slots;
    }

    /// <summary>Name of the policy.</summary>
    public string Policy { get; }

    /// <summary>The id, in hexadecimal digits.</summary>
    public string ConnectionId { get; }

    /// <summary>The rule whose action decodes it; null for otherwise.</summary>
    public string? Rule { get; }

    /// <summary>The slot that it reaches; null for none.</summary>
    public int? Slot { get; }

    /// <summary>Why, in words.</summary>
    public string Reason { get; }

    /// <summary>Datagrams of the trace that carry it; null without a trace.</summary>
    public long? Packets { get; }

    /// <summary>The slots that those datagrams went to: more than one when the id names none, or when flows are remembered.</summary>
    public ImmutableArray<int> Reached { get; } = [];

    /// <inheritdoc/>
    public override string ToString() => $"{ConnectionId}: {(Slot is int slot ? $"slot {slot}" : "no slot")} ({Reason})";
}
