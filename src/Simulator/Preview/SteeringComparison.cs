using System.Collections.Immutable;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Simulator.Preview;

/// <summary>
/// What a change of policy or of slots moves, over a trace. A flow counts by its first decision on both sides, of TCP by its last SYN, which later segments follow; flows
/// without one are in <see cref="FlowsWithoutSyn"/> and move nowhere.
/// </summary>
public sealed record SteeringComparison
{
    /// <summary>The side before the change.</summary>
    public required string Before { get; init; }

    /// <summary>The side after it.</summary>
    public required string After { get; init; }

    /// <summary>Description of the trace.</summary>
    public required string Trace { get; init; }

    /// <summary>Flows that were decided.</summary>
    public required long Flows { get; init; }

    /// <summary>Of them, those that go elsewhere.</summary>
    public required long FlowsMoved { get; init; }

    /// <summary>Of them, those of which it cannot be said.</summary>
    public required long FlowsUncertain { get; init; }

    /// <summary>Packets that were decided, or follow a decision.</summary>
    public required long Packets { get; init; }

    /// <summary>Of them, those that go elsewhere.</summary>
    public required long PacketsMoved { get; init; }

    /// <summary>Of them, those of which it cannot be said.</summary>
    public required long PacketsUncertain { get; init; }

    /// <summary>TCP flows without a SYN in the trace: established before, and not touched by either side.</summary>
    public required long FlowsWithoutSyn { get; init; }

    /// <summary>From where to where, in the order of slots.</summary>
    public required ImmutableArray<FlowMove> Moves { get; init; }

    /// <summary>What it means for established flows, by protocol.</summary>
    public required ImmutableArray<ProtocolImpact> Protocols { get; init; }

    /// <summary>The addresses with most packets that move, at most twenty.</summary>
    public required ImmutableArray<MovedSource> TopSources { get; init; }

    /// <summary>What the reader of the trace saw.</summary>
    public required TraceStatistics Statistics { get; init; }

    /// <summary>Why the trace was not read to its end; null when it was.</summary>
    public required Diagnostic? Failure { get; init; }

    /// <summary>Part of the flows that moves, 0 to 1; null without flows.</summary>
    public double? FlowShareMoved => Flows == 0 ? null : (double)FlowsMoved / Flows;

    /// <summary>Part of the packets that moves.</summary>
    public double? PacketShareMoved => Packets == 0 ? null : (double)PacketsMoved / Packets;

    /// <summary>The comparison as JSON.</summary>
    public string ToJson() => ReportJson.Write(this);
}
