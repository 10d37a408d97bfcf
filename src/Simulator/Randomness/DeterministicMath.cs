namespace ReuseportPS.Simulator.Randomness;

/// <summary>
/// Logarithm and power from additions, multiplications and divisions alone, whose results IEEE 754 fixes. <see cref="Math.Log(double)"/> and
/// <see cref="Math.Pow"/> come from the platform and may differ in the last bit between systems, and so would every packet after it.
/// </summary>
internal static class DeterministicMath
{
    private const double Ln2High = 0.693147180369123816490;
    private const double Ln2Low = 1.90821492927058770002e-10;
    private const double SquareRootOfHalf = 0.70710678118654752440;

    /// <summary>Natural logarithm of a positive normal number, to about 1e-15.</summary>
    public static double Log(double x)
    {
        long bits = BitConverter.DoubleToInt64Bits(x);
        int exponent = (int)(bits >> 52) - 1022;
        double mantissa = BitConverter.Int64BitsToDouble((bits & 0x000F_FFFF_FFFF_FFFF) | (1022L << 52));
        if (mantissa < SquareRootOfHalf)
        {
            mantissa *= 2;
            exponent--;
        }

        // ln m = 2 artanh((m - 1) / (m + 1)), and the argument is at most 0.172.
        double t = (mantissa - 1) / (mantissa + 1);
        double square = t * t;
        double sum = 0;
        for (int term = 23; term >= 1; term -= 2)
        {
            sum = (sum * square) + (1.0 / term);
        }

        return (exponent * Ln2High) + ((2 * t * sum) + (exponent * Ln2Low));
    }

    /// <summary>e to the power of a number from -700 to 700, to about 1e-15 relative.</summary>
    public static double Exp(double x)
    {
        int exponent = (int)Math.Round(x / (Ln2High + Ln2Low));
        double rest = x - (exponent * Ln2High) - (exponent * Ln2Low);
        double sum = 1;
        for (int term = 18; term >= 1; term--)
        {
            sum = 1 + (sum * rest / term);
        }

        return sum * BitConverter.Int64BitsToDouble((exponent + 1023L) << 52);
    }

    /// <summary>A positive number to a power whose result lies between 1e-300 and 1e300.</summary>
    public static double Pow(double x, double power) => power == 0 ? 1 : Exp(power * Log(x));
}
