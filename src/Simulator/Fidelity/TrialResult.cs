using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace ReuseportPS.Simulator.Fidelity;

/// <summary>What a fidelity trial found.</summary>
public sealed record TrialResult
{
    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        NewLine = "\n",
        Converters = { new JsonStringEnumConverter() },
    };

    /// <summary>Flows opened on both hosts.</summary>
    public required int FlowCount { get; init; }

    /// <summary>Random policies.</summary>
    public required int PolicyCount { get; init; }

    /// <summary>Seed: with it the same flows and policies are drawn again.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Flows compared, and connections whose listener stopped.</summary>
    public required int ComparedCount { get; init; }

    /// <summary>Counters of the policies compared, each at the end of its round: of rules, slots, events, and the flows in each flow table.</summary>
    public required int ComparedCounterCount { get; init; }

    /// <summary>Samples of decisions compared, field by field; of the time, that it is one of the round.</summary>
    public required int ComparedSampleCount { get; init; }

    /// <summary>Flows, counters and samples that differ.</summary>
    public int DifferenceCount => Differences.Length;

    /// <summary>Whether no flow differs and at least one was compared.</summary>
    public bool Passed => Differences.IsEmpty && ComparedCount > 0;

    /// <summary>Compared flows by what the simulator says decided.</summary>
    public required ImmutableSortedDictionary<string, int> ComparedByReason { get; init; }

    /// <summary>Flows that were not compared, by why not.</summary>
    public required ImmutableSortedDictionary<string, int> NotCompared { get; init; }

    /// <summary>Every difference.</summary>
    public required ImmutableArray<TrialDifference> Differences { get; init; }

    /// <summary>SHA-256 over the simulator's verdicts: equal when all of them are equal.</summary>
    public required string PredictionDigest { get; init; }

    /// <summary>The result as JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, s_json);
}
