using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Engine.Tests.Policies;

/// <summary>A fraction is a stable share that has nothing to do with what a balancer chooses.</summary>
public sealed class FractionTests
{
    private const int Flows = 100_000;

    [Theory]
    [InlineData("5%", 50_000)]
    [InlineData("0.25%", 2_500)]
    [InlineData("99.9999%", 999_999)]
    public void Text_gives_the_share(string text, int millionths)
    {
        Assert.True(FlowFraction.TryParse(text, out FlowFraction fraction, out _));
        Assert.Equal(millionths, fraction.Millionths);
        Assert.Equal(text, fraction.ToString());
    }

    [Theory]
    [InlineData("5")]
    [InlineData("0%")]
    [InlineData("100%")]
    [InlineData("-1%")]
    [InlineData("1e1%")]
    [InlineData("0.00001%")]
    [InlineData("%")]
    [InlineData("1,5%")]
    public void Other_texts_are_refused(string text) => Assert.False(FlowFraction.TryParse(text, out _, out _));

    [Fact]
    public void Seed_of_a_name_is_fixed_by_the_language()
    {
        Assert.Equal(FlowHash.Compute([0x61636265u], 0x66726163), FlowFraction.SeedOf("ebca"));
        Assert.Equal(FlowHash.Compute([0x61636265u, 0x62], 0x66726163), FlowFraction.SeedOf("ebcab"));
    }

    /// <summary>The statistic is chi-square with 7 degrees of freedom: above 24.3 once in a thousand times. The flows are fixed, so it is one number.</summary>
    [Theory]
    [InlineData("canary", 0u)]
    [InlineData("canary", 1u)]
    [InlineData("rule 1", 0u)]
    public void Share_is_independent_of_the_slot_that_a_balancer_chooses(string rule, uint seed)
    {
        const int Slots = 8;
        FlowFraction fraction = new(200_000);
        uint ownSeed = FlowFraction.SeedOf(rule);
        int[] inside = new int[Slots];
        int[] all = new int[Slots];
        for (int i = 0; i < Flows; i++)
        {
            FlowKey flow = new(IpFamily.V4, TransportProtocol.Udp, 0x0a000000 + (UInt128)(i / 100), 0xc0000201, (ushort)(40_000 + (i % 100)), 443);
            int slot = FlowHash.Scale(FlowHash.Compute(flow, HashKey.FourTuple, seed), Slots);
            all[slot]++;
            inside[slot] += fraction.Contains(flow, ownSeed) ? 1 : 0;
        }

        double share = inside.Sum() / (double)Flows;
        Assert.InRange(share, 0.195, 0.205);
        double statistic = Enumerable.Range(0, Slots).Sum(s => Square(inside[s] - (all[s] * share)) / (all[s] * share * (1 - share)));
        Assert.InRange(statistic, 0, 24.3);

        static double Square(double x) => x * x;
    }

    [Fact]
    public void Shares_of_two_rules_are_independent()
    {
        uint one = FlowFraction.SeedOf("rule 1");
        uint other = FlowFraction.SeedOf("rule 2");
        FlowFraction half = new(500_000);
        int both = 0;
        for (int i = 0; i < Flows; i++)
        {
            FlowKey flow = new(IpFamily.V6, TransportProtocol.Tcp, (UInt128)i << 64 | 1, 2, 40_000, 443);
            both += half.Contains(flow, one) && half.Contains(flow, other) ? 1 : 0;
        }

        Assert.InRange(both / (double)Flows, 0.245, 0.255);
    }
}
