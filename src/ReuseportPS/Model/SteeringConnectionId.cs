using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Model;

/// <summary>Which slot a connection id reaches by one <c>by: connection-id</c> of a policy, as Test-SteeringPolicy -ConnectionId says.</summary>
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

    /// <inheritdoc/>
    public override string ToString() => $"{ConnectionId}: {(Slot is int slot ? $"slot {slot}" : "no slot")} ({Reason})";
}
