namespace ReuseportPS.Simulator.Preview;

/// <summary>How evenly slots are loaded, and whether that is what the policy means.</summary>
/// <param name="MaxOverMean">The busiest slot over the average occupied slot: 1 is even. Null when no slot got any.</param>
/// <param name="Gini">Gini coefficient over the occupied slots: 0 is even, near 1 is all on one.</param>
/// <param name="ChiSquare">Pearson's statistic against the shares that the policy means. Null when they are not known, or a slot got some of which it should have none.</param>
/// <param name="DegreesOfFreedom">Slots that should get some, less one.</param>
/// <param name="PValue">
/// How probable a deviation as large as this is by chance alone: below 0.001 there is a reason. Null when the shares are not known, or a slot is expected to get
/// fewer than five, for which the approximation is too coarse. A key that many flows share (<c>key: source</c>) is such a reason.
/// </param>
public sealed record BalanceStatistics(double? MaxOverMean, double? Gini, double? ChiSquare, int? DegreesOfFreedom, double? PValue)
{
    private const double SmallestExpectation = 5;

    /// <summary>The statistics of counts by slot.</summary>
    /// <param name="counts">What each slot got.</param>
    /// <param name="occupied">Whether its seat holds a member.</param>
    /// <param name="intended">What each slot should get, in any unit; empty when that is not known.</param>
    internal static BalanceStatistics Of(ReadOnlySpan<long> counts, ReadOnlySpan<bool> occupied, ReadOnlySpan<double> intended)
    {
        long sum = 0;
        long largest = 0;
        List<long> loads = [];
        for (int slot = 0; slot < counts.Length; slot++)
        {
            sum += counts[slot];
            largest = Math.Max(largest, counts[slot]);
            if (occupied[slot])
            {
                loads.Add(counts[slot]);
            }
        }

        if (sum == 0)
        {
            return new BalanceStatistics(null, null, null, null, null);
        }

        loads.Sort();
        double weighted = 0;
        for (int rank = 0; rank < loads.Count; rank++)
        {
            weighted += ((2.0 * (rank + 1)) - loads.Count - 1) * loads[rank];
        }

        (double? chiSquare, int? degrees, double? p) = Compare(counts, sum, intended);
        return new BalanceStatistics((double)largest * loads.Count / sum, weighted / ((double)loads.Count * sum), chiSquare, degrees, p);
    }

    private static (double? ChiSquare, int? Degrees, double? PValue) Compare(ReadOnlySpan<long> counts, long sum, ReadOnlySpan<double> intended)
    {
        double whole = 0;
        foreach (double part in intended)
        {
            whole += part;
        }

        if (whole <= 0)
        {
            return (null, null, null);
        }

        double statistic = 0;
        double smallest = double.MaxValue;
        int degrees = -1;
        for (int slot = 0; slot < counts.Length; slot++)
        {
            double expected = intended[slot] / whole * sum;
            if (expected > 0)
            {
                degrees++;
                smallest = Math.Min(smallest, expected);
                statistic += (counts[slot] - expected) * (counts[slot] - expected) / expected;
            }
            else if (counts[slot] > 0)
            {
                return (null, null, 0);
            }
        }

        return (statistic, degrees, smallest < SmallestExpectation || degrees == 0 ? null : ChiSquareDistribution.UpperTail(statistic, degrees));
    }
}
