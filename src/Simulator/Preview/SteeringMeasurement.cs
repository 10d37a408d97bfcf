using System.Collections.Immutable;
using System.Text.Json.Serialization;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Simulator.Recording;

namespace ReuseportPS.Simulator.Preview;

/// <summary>
/// What a policy does with a trace. Each datagram is decided by itself. A TCP segment that is not a SYN goes where its flow's last SYN went.
/// Equal inputs give an equal measurement, and <see cref="ToJson"/> gives equal bytes.
/// </summary>
public sealed record SteeringMeasurement
{
    /// <summary>Name of the policy.</summary>
    public required string Policy { get; init; }

    /// <summary>Description of the trace.</summary>
    public required string Trace { get; init; }

    /// <summary>Which part of the trace was measured; null for the whole.</summary>
    public TracePartition? Partition { get; init; }

    /// <summary>What each slot gets, in seat order.</summary>
    public required ImmutableArray<SlotMeasurement> Slots { get; init; }

    /// <summary>What is left to the kernel's own choice among the members. Which one that is depends on secrets of the host's hash.</summary>
    public required TrafficCount Kernel { get; init; }

    /// <summary>What is rejected.</summary>
    public required TrafficCount Rejected { get; init; }

    /// <summary>TCP segments before any SYN of their flow, and flows without one: where their connection is was decided before the trace began.</summary>
    public required TrafficCount WithoutSyn { get; init; }

    /// <summary>Multicast and broadcast: every member gets a copy, and no program is asked.</summary>
    public required TrafficCount Multicast { get; init; }

    /// <summary>Flows in all: different five-tuples.</summary>
    public required long Flows { get; init; }

    /// <summary>Flows that were decided more than once, and not always the same way.</summary>
    public required long FlowsMoved { get; init; }

    /// <summary>Packets of the busiest slot over those of the average occupied slot: 1 is even. Null when no slot got any.</summary>
    [JsonIgnore]
    public double? PacketSkew => PacketBalance.MaxOverMean;

    /// <summary>Flows of the busiest slot over those of the average occupied slot.</summary>
    [JsonIgnore]
    public double? FlowSkew => FlowBalance.MaxOverMean;

    /// <summary>How evenly packets go to slots.</summary>
    public required BalanceStatistics PacketBalance { get; init; }

    /// <summary>How evenly flows go to slots, and whether that is what the rules mean.</summary>
    public required BalanceStatistics FlowBalance { get; init; }

    /// <summary>The rules and what they mean for the flows that they took; empty when the policy itself is not at hand.</summary>
    public required ImmutableArray<RuleMeasurement> Rules { get; init; }

    /// <summary>The answers of helper 82 (bpf_sk_select_reuseport), by error number: what misses were.</summary>
    public required ImmutableArray<SelectionCount> Selections { get; init; }

    /// <summary>The program's own counters: packets by rule, otherwise, failed selections. They count runs: datagrams and SYNs.</summary>
    public required ImmutableArray<CounterReading> Counters { get; init; }

    /// <summary>How much the program executes.</summary>
    public InstructionCount Instructions => InstructionCount.Of(RunLengths);

    /// <summary>How many runs executed how many instructions, ascending.</summary>
    public required ImmutableArray<RunLength> RunLengths { get; init; }

    /// <summary>Time of the earliest packet, in nanoseconds; null without one.</summary>
    public required long? Earliest { get; init; }

    /// <summary>Time of the latest packet.</summary>
    public required long? Latest { get; init; }

    /// <summary>Time from the earliest to the latest packet.</summary>
    public TimeSpan Duration => Latest is long latest && Earliest is long earliest ? TimeSpan.FromTicks((latest - earliest) / 100) : TimeSpan.Zero;

    /// <summary>Traffic over time.</summary>
    public required TrafficSeries Series { get; init; }

    /// <summary>Flows whose opposite direction is in the trace too.</summary>
    public required long BothDirections { get; init; }

    /// <summary>What the reader of the trace saw.</summary>
    public required TraceStatistics Statistics { get; init; }

    /// <summary>Why the trace was not read to its end; null when it was.</summary>
    public required Diagnostic? Failure { get; init; }

    /// <summary>What the reader of this measurement should know about the trace.</summary>
    public required ImmutableArray<Diagnostic> Warnings { get; init; }

    /// <summary>The measurement as JSON.</summary>
    public string ToJson() => ReportJson.Write(this);
}
