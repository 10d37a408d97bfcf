using ReuseportPS.Simulator.Randomness;

namespace ReuseportPS.Simulator.Preview;

/// <summary>The chi-square distribution, from additions, multiplications and divisions alone, so that a report has the same digits everywhere.</summary>
internal static class ChiSquareDistribution
{
    private const int MostTerms = 100_000;
    private const double Precision = 1e-15;

    /// <summary>How probable a value as large as this or larger is.</summary>
    /// <param name="value">The statistic, 0 or more.</param>
    /// <param name="degrees">Degrees of freedom, 1 or more.</param>
    public static double UpperTail(double value, int degrees)
    {
        double a = degrees / 2.0;
        double x = value / 2;
        if (x <= 0)
        {
            return 1;
        }

        // x^a e^-x / Gamma(a) is a factor of both tails.
        double exponent = (a * DeterministicMath.Log(x)) - x - LogGamma(a);
        double factor = exponent < -700 ? 0 : DeterministicMath.Exp(exponent);
        return Math.Clamp(x < a + 1 ? 1 - (factor * LowerSeries(a, x)) : factor * UpperFraction(a, x), 0, 1);
    }

    private static double LowerSeries(double a, double x)
    {
        double term = 1 / a;
        double sum = term;
        for (int n = 1; n < MostTerms && term > sum * Precision; n++)
        {
            term *= x / (a + n);
            sum += term;
        }

        return sum;
    }

    /// <summary>The continued fraction of the upper incomplete gamma function, by Lentz's method.</summary>
    private static double UpperFraction(double a, double x)
    {
        const double Tiny = 1e-300;
        double b = x + 1 - a;
        double c = 1 / Tiny;
        double d = 1 / b;
        double fraction = d;
        for (int n = 1; n < MostTerms; n++)
        {
            double numerator = -n * (n - a);
            b += 2;
            d = (numerator * d) + b;
            d = 1 / (Math.Abs(d) < Tiny ? Tiny : d);
            c = b + (numerator / c);
            c = Math.Abs(c) < Tiny ? Tiny : c;
            double change = d * c;
            fraction *= change;
            if (Math.Abs(change - 1) < Precision)
            {
                break;
            }
        }

        return fraction;
    }

    /// <summary>Stirling's series, after stepping up to where it is exact to the last digits.</summary>
    private static double LogGamma(double a)
    {
        const double HalfLogOfTwoPi = 0.91893853320467274178;
        double product = 1;
        while (a < 10)
        {
            product *= a;
            a++;
        }

        double inverse = 1 / (a * a);
        double series = (1 / (12 * a)) * (1 - (inverse * ((1 / 30.0) - (inverse * ((1 / 105.0) - (inverse * ((1 / 140.0) - (inverse / 99.0))))))));
        return ((a - 0.5) * DeterministicMath.Log(a)) - a + HalfLogOfTwoPi + series - DeterministicMath.Log(product);
    }
}
