using ReuseportPS.Simulator.Preview;
using ReuseportPS.Simulator.Randomness;

namespace ReuseportPS.Simulator.Tests.Preview;

public sealed class TrafficSeriesTests
{
    private const long Second = 1_000_000_000;

    [Fact]
    public void Packets_are_counted_by_second()
    {
        TrafficSeriesBuilder builder = new(2);
        foreach ((long time, int row) in ((long, int)[])[(0, 0), (Second - 1, 0), (Second, 1), (5 * Second, 0), (1, 0)])
        {
            builder.Add(time, row);
        }

        TrafficSeries series = builder.ToSeries();
        Assert.Equal(["0: 3 0", "1: 0 1", "5: 1 0"], Describe(series));
        Assert.Equal((3, 1), (series.PeakOf(0), series.PeakOf(1)));
    }

    /// <summary>However the packets are parted, the parts add up to the whole, also where there are too many seconds.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Parts_add_up_to_the_whole_in_any_order(ulong seed)
    {
        const int Rows = 4096; // 1024 stretches at most
        Xoshiro256 random = new(seed);
        (long Time, int Row)[] packets = [.. Enumerable.Range(0, 20_000).Select(_ => ((long)(random.NextBelow(seed == 1 ? 900u : 50_000u) * (ulong)Second), (int)random.NextBelow(3u)))];
        TrafficSeriesBuilder whole = new(Rows);
        TrafficSeriesBuilder[] parts = [new(Rows), new(Rows), new(Rows)];
        foreach ((long time, int row) in packets)
        {
            whole.Add(time, row);
            parts[(int)random.NextBelow(3u)].Add(time, row);
        }

        TrafficSeries expected = whole.ToSeries();
        Assert.InRange(expected.Buckets.Length, 1, 1024);
        Assert.Equal(seed == 1, expected.SecondsPerBucket == 1);
        foreach (int[] order in (int[][])[[0, 1, 2], [2, 0, 1]])
        {
            TrafficSeriesBuilder sum = new(Rows);
            foreach (int part in order)
            {
                sum.Add(parts[part].ToSeries());
            }

            Assert.Equal(expected.SecondsPerBucket, sum.ToSeries().SecondsPerBucket);
            Assert.Equal(Describe(expected), Describe(sum.ToSeries()));
        }
    }

    private static string[] Describe(TrafficSeries series) => [.. series.Buckets.Select(bucket => $"{bucket.Second}: {string.Join(' ', bucket.Packets)}")];
}
