using ReuseportPS.Simulator.Preview;

namespace ReuseportPS.Simulator.Tests.Preview;

public sealed class BalanceStatisticsTests
{
    /// <summary>scipy.stats.chi2.sf, or closed forms: e^(-x/2) for two degrees of freedom.</summary>
    [Theory]
    [InlineData(0, 1, 1)]
    [InlineData(3.841458820694124, 1, 0.05)]
    [InlineData(2, 2, 0.36787944117144233)]
    [InlineData(20, 2, 4.5399929762484854e-05)]
    [InlineData(14.067140449340169, 7, 0.05)]
    [InlineData(7, 7, 0.42887985755305447)]
    [InlineData(1, 7, 0.9948285365165154)]
    [InlineData(1000, 999, 0.48515)]
    [InlineData(2000, 2, 0)]
    public void The_tail_of_chi_square(double value, int degrees, double expected) =>
        Assert.Equal(expected, ChiSquareDistribution.UpperTail(value, degrees), degrees == 999 ? 1e-3 : 1e-12);

    [Fact]
    public void Even_loads()
    {
        BalanceStatistics balance = BalanceStatistics.Of([10, 10, 10, 10], [true, true, true, true], [1, 1, 1, 1]);
        Assert.Equal(new BalanceStatistics(1, 0, 0, 3, 1), balance);
    }

    [Fact]
    public void All_on_one_of_four()
    {
        BalanceStatistics balance = BalanceStatistics.Of([0, 40, 0, 0], [true, true, true, true], [1, 1, 1, 1]);
        Assert.Equal((4, 0.75, 120, 3), (balance.MaxOverMean, balance.Gini, balance.ChiSquare, balance.DegreesOfFreedom));
        Assert.InRange(balance.PValue!.Value, 0, 1e-20);
    }

    [Fact]
    public void Empty_seats_are_no_part_of_the_mean()
    {
        BalanceStatistics balance = BalanceStatistics.Of([10, 0, 10], [true, false, true], []);
        Assert.Equal(new BalanceStatistics(1, 0, null, null, null), balance);
    }

    [Theory]
    [InlineData(new long[] { 30, 10 }, new double[] { 3, 1 }, 0.0, 1.0)]
    [InlineData(new long[] { 25, 15 }, new double[] { 3, 1 }, (25.0 / 30) + (25.0 / 10), 0.0679)]
    [InlineData(new long[] { 4, 4 }, new double[] { 1, 1 }, 0.0, null)] // fewer than five expected
    [InlineData(new long[] { 40, 0 }, new double[] { 1, 0 }, 0.0, null)] // nothing to deviate
    [InlineData(new long[] { 39, 1 }, new double[] { 1, 0 }, null, 0.0)] // one that should have none
    public void Against_weights(long[] counts, double[] intended, double? chiSquare, double? p)
    {
        BalanceStatistics balance = BalanceStatistics.Of(counts, [true, true], intended);
        Assert.Equal(chiSquare ?? -1, balance.ChiSquare ?? -1, 1e-9);
        Assert.Equal(p ?? -1, balance.PValue ?? -1, 1e-4);
    }
}
