using System.Collections.Immutable;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Simulator.Preview;

/// <summary>What a policy's program counted, and what helper 82 answered it.</summary>
/// <param name="Counters">The program's counters.</param>
/// <param name="Selections">The answers, by what they were.</param>
internal sealed record SteeringCounts(ImmutableArray<CounterReading> Counters, ImmutableArray<SelectionCount> Selections)
{
    /// <summary>The counts of several programs of one policy together: sums, of epochs the largest.</summary>
    public static SteeringCounts Sum(IEnumerable<SteeringCounts> parts)
    {
        SteeringCounts[] all = [.. parts];
        return new SteeringCounts(
            [.. all[0].Counters.Index().Select(counter => counter.Item with { Value = Total(all.Select(part => part.Counters[counter.Index])) })],
            [
                .. all.SelectMany(part => part.Selections).GroupBy(selection => selection.Result).OrderBy(group => group.Key)
                    .Select(group => new SelectionCount(group.Key, group.Sum(selection => selection.Count))),
            ]);
    }

    /// <summary>What was counted since an earlier reading of the same program.</summary>
    public SteeringCounts Since(SteeringCounts earlier)
    {
        Dictionary<Errno, long> before = earlier.Selections.ToDictionary(selection => selection.Result, selection => selection.Count);
        return new SteeringCounts(
            [.. Counters.Index().Select(counter => counter.Item.Kind == CounterKind.Epoch ? counter.Item : counter.Item with { Value = counter.Item.Value - earlier.Counters[counter.Index].Value })],
            [
                .. Selections.Select(selection => selection with { Count = selection.Count - before.GetValueOrDefault(selection.Result) })
                    .Where(selection => selection.Count > 0),
            ]);
    }

    private static ulong Total(IEnumerable<CounterReading> readings) => readings.Aggregate(
        0UL, (total, reading) => reading.Kind == CounterKind.Epoch ? Math.Max(total, reading.Value) : total + reading.Value);
}
