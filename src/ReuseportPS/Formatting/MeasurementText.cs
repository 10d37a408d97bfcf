using System.Globalization;
using System.Text;
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
        text.Append(CultureInfo.InvariantCulture, $"{"",-18} {"Packets",10} {"Flows",9} {"Share",8}\n");
        foreach (SlotMeasurement slot in measurement.Slots.Take(LargestTable))
        {
            Append(text, slot.IsOccupied ? slot.Label : slot.Label + " (empty)", slot.Traffic);
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

        ulong misses = measurement.Counters.Where(counter => counter.Kind == CounterKind.Miss).Aggregate(0UL, (sum, counter) => sum + counter.Value);
        text.Append(CultureInfo.InvariantCulture, $"\nSkew {Number(measurement.PacketSkew)} by packets, {Number(measurement.FlowSkew)} by flows (busiest slot over the mean).\n");
        text.Append(CultureInfo.InvariantCulture, $"Misses {misses}. Flows that changed slot {measurement.FlowsMoved}.");
        return text.ToString();
    }

    private static string Number(double? value) => value?.ToString("F2", CultureInfo.InvariantCulture) ?? "-";

    private static void AppendIfAny(StringBuilder text, string label, TrafficCount count)
    {
        if (count.Packets > 0)
        {
            Append(text, label, count);
        }
    }

    private static void Append(StringBuilder text, string label, TrafficCount count)
    {
        string line = string.Create(
            CultureInfo.InvariantCulture,
            $"{label,-18} {count.Packets,10} {count.Flows,9} {Bar.Percent(count.PacketShare),8} {Bar.Of(count.PacketShare)}");
        text.Append(line.TrimEnd()).Append('\n');
    }
}
