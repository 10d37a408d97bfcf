using ReuseportPS.Simulator.Randomness;

namespace ReuseportPS.Simulator.Tests.Randomness;

public sealed class DeterministicMathTests
{
    [Fact]
    public void Logarithm_is_that_of_the_platform_to_fifteen_digits()
    {
        for (double x = 1e-16; x < 1e12; x *= 1.0173)
        {
            Assert.Equal(Math.Log(x), DeterministicMath.Log(x), 1e-15 * Math.Max(1, Math.Abs(Math.Log(x))));
        }

        Assert.Equal(0.0, DeterministicMath.Log(1));
    }

    [Fact]
    public void Power_is_that_of_the_platform_to_thirteen_digits()
    {
        foreach (double power in new[] { -4, -1.1, -1, -0.5, 0, 0.3, 2 })
        {
            for (double x = 1; x < 1e7; x *= 1.37)
            {
                double expected = Math.Pow(x, power);
                Assert.Equal(expected, DeterministicMath.Pow(x, power), 1e-13 * expected);
            }
        }
    }
}
