using System.Text.Json;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Simulator.Recording;

namespace ReuseportPS.Simulator.Preview;

/// <summary>
/// Puts measurements over the parts of a trace (<see cref="TracePartition"/>) together: the result is the measurement over the whole, to the last digit, for every
/// policy that decides each flow by itself.
/// </summary>
public static class MeasurementMerger
{
    /// <summary>Reads a measurement that <see cref="SteeringMeasurement.ToJson"/> wrote.</summary>
    /// <param name="text">The JSON.</param>
    /// <param name="name">What to call it in messages.</param>
    /// <exception cref="DiagnosticException">RPS6031: it is none.</exception>
    public static SteeringMeasurement Read(string text, string name)
    {
        try
        {
            SteeringMeasurement measurement = ReportJson.Read<SteeringMeasurement>(text);
            bool isWhole = !measurement.Slots.IsDefaultOrEmpty && !measurement.Counters.IsDefault && !measurement.Rules.IsDefault && !measurement.Selections.IsDefault
                && !measurement.RunLengths.IsDefault && measurement.Series is { Buckets.IsDefault: false, SecondsPerBucket: > 0 }
                && measurement.Series.Buckets.All(bucket => !bucket.Packets.IsDefault && bucket.Packets.Length == measurement.Slots.Length + 2)
                && measurement.Slots.Index().All(slot => slot.Item is { Traffic: not null } && slot.Item.Slot == slot.Index)
                && measurement.Rules.All(rule => !rule.Shares.IsDefault && rule.Shares.Length <= measurement.Slots.Length)
                && measurement is { Kernel: not null, Rejected: not null, WithoutSyn: not null, Multicast: not null, Statistics: not null };
            return isWhole ? measurement : throw new JsonException("Parts of it are missing.");
        }
        catch (Exception exception) when (exception is JsonException or NotSupportedException or ArgumentException)
        {
            throw new DiagnosticException(TraceDiagnostics.NotAReport.At(new SourceLocation(name), $"'{name}' is not a report of a measurement: {exception.Message}"));
        }
    }

    /// <summary>Merges all parts of a trace, given in any order.</summary>
    /// <exception cref="DiagnosticException">RPS6032: they do not fit together, or one is missing.</exception>
    public static SteeringMeasurement Merge(IReadOnlyList<SteeringMeasurement> parts)
    {
        if (FindMisfit(parts) is string misfit)
        {
            throw new DiagnosticException(TraceDiagnostics.PartsDoNotFit.At(null, misfit));
        }

        SteeringMeasurement[] ordered = [.. parts.OrderBy(part => part.Partition!.Index)];
        SteeringMeasurement first = ordered[0];
        TrafficSeriesBuilder series = new(first.Slots.Length + 2);
        foreach (SteeringMeasurement part in ordered)
        {
            series.Add(part.Series);
        }

        SteeringCounts counts = SteeringCounts.Sum(ordered.Select(part => new SteeringCounts(part.Counters, part.Selections)));
        return MeasurementBuilder.Build(first with
        {
            Partition = null,
            Slots = [.. first.Slots.Select(slot => slot with { Traffic = Sum(part => part.Slots[slot.Slot].Traffic) })],
            Kernel = Sum(part => part.Kernel),
            Rejected = Sum(part => part.Rejected),
            WithoutSyn = Sum(part => part.WithoutSyn),
            Multicast = Sum(part => part.Multicast),
            Flows = ordered.Sum(part => part.Flows),
            FlowsMoved = ordered.Sum(part => part.FlowsMoved),
            BothDirections = ordered.Sum(part => part.BothDirections),
            Rules = [.. first.Rules.Index().Select(rule => rule.Item with { Flows = ordered.Sum(part => part.Rules[rule.Index].Flows) })],
            Selections = counts.Selections,
            Counters = counts.Counters,
            RunLengths =
            [
                .. ordered.SelectMany(part => part.RunLengths).GroupBy(length => length.Instructions).OrderBy(group => group.Key)
                    .Select(group => new RunLength(group.Key, group.Sum(length => length.Runs))),
            ],
            Earliest = ordered.Min(part => part.Earliest),
            Latest = ordered.Max(part => part.Latest),
            Series = series.ToSeries(),
            Statistics = first.Statistics with
            {
                Packets = ordered.Sum(part => part.Statistics.Packets),
                CutShort = ordered.Sum(part => part.Statistics.CutShort),
                OtherPartition = 0,
            },
        });

        TrafficCount Sum(Func<SteeringMeasurement, TrafficCount> count) => new(
            ordered.Sum(part => count(part).Packets), ordered.Sum(part => count(part).Flows), ordered.Sum(part => count(part).Bytes), null, null);
    }

    private static string? FindMisfit(IReadOnlyList<SteeringMeasurement> parts)
    {
        if (parts.Count == 0)
        {
            return "There is no report.";
        }

        SteeringMeasurement first = parts[0];
        if (parts.FirstOrDefault(part => part.Partition is null) is SteeringMeasurement whole)
        {
            return $"The report on '{whole.Trace}' is of a whole trace, not of a part.";
        }

        foreach (SteeringMeasurement part in parts)
        {
            string? difference =
                part.Policy != first.Policy || !part.Rules.Select(rule => rule.Name).SequenceEqual(first.Rules.Select(rule => rule.Name)) ? "policies"
                : part.Trace != first.Trace || Records(part) != Records(first) ? "traces"
                : !part.Slots.Select(slot => (slot.Label, slot.IsOccupied)).SequenceEqual(first.Slots.Select(slot => (slot.Label, slot.IsOccupied))) ? "groups"
                : part.Partition!.Count != first.Partition!.Count ? "numbers of parts"
                : !part.Counters.Select(counter => (counter.Kind, counter.Name)).SequenceEqual(first.Counters.Select(counter => (counter.Kind, counter.Name))) ? "counters"
                : null;
            if (difference is not null)
            {
                return $"The reports are of different {difference}: '{first.Policy}' over {first.Trace}, '{part.Policy}' over {part.Trace}.";
            }
        }

        int[] indexes = [.. parts.Select(part => part.Partition!.Index).Order()];
        int twice = indexes.GroupBy(index => index).FirstOrDefault(group => group.Count() > 1)?.Key ?? -1;
        int missing = Enumerable.Range(0, first.Partition!.Count).Except(indexes).DefaultIfEmpty(-1).First();
        return twice >= 0 ? $"Part {twice} of {first.Partition.Count} is there twice."
            : missing >= 0 ? $"Part {missing} of {first.Partition.Count} is missing."
            : indexes.Length != first.Partition.Count ? $"Part {indexes[^1]} is none of {first.Partition.Count}."
            : null;
    }

    private static TraceStatistics Records(SteeringMeasurement part) => part.Statistics with { Packets = 0, CutShort = 0, OtherPartition = 0 };
}
