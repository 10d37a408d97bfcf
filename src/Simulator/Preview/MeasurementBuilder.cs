using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Simulator.Recording;

namespace ReuseportPS.Simulator.Preview;

/// <summary>Works out what follows from the counts of a measurement: shares, balance, peaks, warnings.</summary>
internal static class MeasurementBuilder
{
    /// <summary>A balance that is not worked out yet.</summary>
    public static BalanceStatistics Unknown { get; } = new(null, null, null, null, null);

    /// <summary>The measurement with everything that follows from its counts.</summary>
    public static SteeringMeasurement Build(SteeringMeasurement counts)
    {
        TrafficCount[] decided = [.. counts.Slots.Select(slot => slot.Traffic), counts.Kernel, counts.Rejected];
        long packets = decided.Sum(count => count.Packets);
        long flows = decided.Sum(count => count.Flows);
        bool[] occupied = [.. counts.Slots.Select(slot => slot.IsOccupied)];
        double[] intended = Intended(counts);
        double intendedSum = intended.Sum();
        return counts with
        {
            Slots =
            [
                .. counts.Slots.Select(slot => slot with
                {
                    Traffic = WithShares(slot.Traffic),
                    Peak = counts.Series.PeakOf(slot.Slot),
                    IntendedShare = intendedSum > 0 ? intended[slot.Slot] / intendedSum : null,
                }),
            ],
            Kernel = WithShares(counts.Kernel),
            Rejected = WithShares(counts.Rejected),
            PacketBalance = BalanceStatistics.Of([.. counts.Slots.Select(slot => slot.Packets)], occupied, []),
            FlowBalance = BalanceStatistics.Of([.. counts.Slots.Select(slot => slot.Flows)], occupied, intended),
            Warnings = [.. FindWarnings(counts)],
        };

        TrafficCount WithShares(TrafficCount count) =>
            count with { PacketShare = Share(count.Packets, packets), FlowShare = Share(count.Flows, flows) };
    }

    private static double? Share(long part, long whole) => whole == 0 ? null : (double)part / whole;

    /// <summary>Flows that each slot should have, by the flows that each rule took; all 0 when one of these leaves it open.</summary>
    private static double[] Intended(SteeringMeasurement counts)
    {
        double[] intended = new double[counts.Slots.Length];
        if (counts.Rules.Any(rule => rule.Flows > 0 && !rule.IsKnown))
        {
            return intended;
        }

        foreach (RuleMeasurement rule in counts.Rules.Where(rule => rule.Flows > 0))
        {
            for (int slot = 0; slot < rule.Shares.Length; slot++)
            {
                intended[slot] += rule.Flows * rule.Shares[slot];
            }
        }

        return intended;
    }

    private static IEnumerable<Diagnostic> FindWarnings(SteeringMeasurement counts)
    {
        SourceLocation place = new(counts.Trace);
        if (counts.BothDirections > 0)
        {
            yield return TraceDiagnostics.BothDirections.At(
                place, $"'{counts.Trace}' holds both directions of {counts.BothDirections} of {counts.Flows - counts.BothDirections} conversations.");
        }

        if (counts.RunLengths.IsEmpty)
        {
            yield return TraceDiagnostics.NothingDecided.At(place, $"'{counts.Trace}' has no datagram and no SYN to decide.");
        }
    }
}
