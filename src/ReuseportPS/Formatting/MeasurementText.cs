using System.Globalization;
using System.Text;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Simulator.Preview;

namespace ReuseportPS.Formatting;

/// <summary>A measurement as its format view shows it.</summary>
public static class MeasurementText
{
    private const int LargestTable = 64;

    /// <summary>Several lines: slots with bars, what is not a slot's, rules, and how even it is.</summary>
    public static string Of(SteeringMeasurement measurement)
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"Policy '{measurement.Policy}' over {measurement.Trace}:\n");
        text.Append(CultureInfo.InvariantCulture, $"{measurement.Statistics.Packets} packets, {measurement.Flows} flows in {measurement.Duration.TotalSeconds:F1} s\n\n");
        text.Append(CultureInfo.InvariantCulture, $"{"",-18} {"Packets",10} {"Flows",9} {PeakTitle(measurement),9} {"Meant",8} {"Share",8}\n");
        foreach (SlotMeasurement slot in measurement.Slots.Take(LargestTable))
        {
            Append(text, slot.IsOccupied ? slot.Label : slot.Label + " (empty)", slot.Traffic, slot);
        }

        if (measurement.Slots.Length > LargestTable)
        {
            text.Append(CultureInfo.InvariantCulture, $"… {measurement.Slots.Length - LargestTable} more slots in .Slots\n");
        }

        AppendIfAny(text, "rejected", measurement.Rejected);
        AppendIfAny(text, "kernel's choice", measurement.Kernel);
        AppendIfAny(text, "no SYN in trace", measurement.WithoutSyn);
        AppendIfAny(text, "multicast", measurement.Multicast);

        text.Append(CultureInfo.InvariantCulture, $"\n{"Rule",-32} {"Decisions",10}\n");
        foreach (CounterReading counter in measurement.Counters.Where(counter => counter.Kind is CounterKind.Rule or CounterKind.Otherwise))
        {
            text.Append(CultureInfo.InvariantCulture, $"{counter.Name,-32} {counter.Value,10}\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"\nSkew {Number(measurement.PacketSkew)} by packets, {Number(measurement.FlowSkew)} by flows (busiest slot over the mean); ");
        text.Append(CultureInfo.InvariantCulture, $"Gini {Number(measurement.PacketBalance.Gini)}, {Number(measurement.FlowBalance.Gini)}.\n");
        text.Append(Fit(measurement.FlowBalance));
        text.Append(Causes(measurement));
        InstructionCount runs = measurement.Instructions;
        text.Append(CultureInfo.InvariantCulture, $"Instructions per run: {runs.Mean:F1} on average, {runs.P99} for 99 of 100, {runs.Largest} at most.\n");
        text.Append(CultureInfo.InvariantCulture, $"Flows that changed slot: {measurement.FlowsMoved}.");
        return text.ToString();
    }

    private static string PeakTitle(SteeringMeasurement measurement) =>
        measurement.Series.SecondsPerBucket == 1 ? "Peak/s" : string.Create(CultureInfo.InvariantCulture, $"Peak/{measurement.Series.SecondsPerBucket}s");

    private static string Fit(BalanceStatistics flows) => flows switch
    {
        { PValue: double p, ChiSquare: double value, DegreesOfFreedom: int degrees } => string.Create(
            CultureInfo.InvariantCulture,
            $"Flows against the shares that the rules mean: chi-square {value:F1} with {degrees} degrees of freedom, p = {p:G2}{(p < 0.001 ? ": not by chance" : "")}.\n"),
        { PValue: 0 } => "Flows against the shares that the rules mean: a slot got some that should have none.\n",
        _ => "",
    };

    /// <summary>What was left to the kernel or rejected, and why a seat could not be selected.</summary>
    private static string Causes(SteeringMeasurement measurement)
    {
        List<string> causes = [.. new[] { CounterKind.Kernel, CounterKind.Reject, CounterKind.Miss, CounterKind.NotCovered, CounterKind.Unreadable }
            .Select(kind => (Kind: kind, Count: measurement.Counters.Where(counter => counter.Kind == kind).Aggregate(0UL, (sum, counter) => sum + counter.Value)))
            .Where(cause => cause.Count > 0)
            .Select(cause => string.Create(CultureInfo.InvariantCulture, $"{cause.Kind} {cause.Count}"))];
        causes.AddRange(measurement.Selections.Where(selection => selection.Result != Errno.None)
            .Select(selection => string.Create(CultureInfo.InvariantCulture, $"bpf_sk_select_reuseport {selection.Result} {selection.Count}")));
        return causes.Count == 0 ? "" : $"Decisions by cause: {string.Join(", ", causes)}.\n";
    }

    private static string Number(double? value) => value?.ToString("F2", CultureInfo.InvariantCulture) ?? "-";

    private static void AppendIfAny(StringBuilder text, string label, TrafficCount count)
    {
        if (count.Packets > 0)
        {
            Append(text, label, count);
        }
    }

    private static void Append(StringBuilder text, string label, TrafficCount count, SlotMeasurement? slot = null)
    {
        string line = string.Create(
            CultureInfo.InvariantCulture,
            $"{label,-18} {count.Packets,10} {count.Flows,9} {slot?.Peak,9} {(slot is null ? "" : Bar.Percent(slot.IntendedShare)),8} {Bar.Percent(count.PacketShare),8} {Bar.Of(count.PacketShare)}");
        text.Append(line.TrimEnd()).Append('\n');
    }
}
