using System.Numerics;
using System.Security.Cryptography;

namespace ReuseportPS.Shell;

/// <summary>The random numbers of Get-Random: from a seed the same ones as pwsh's, otherwise unpredictable ones.</summary>
/// <param name="seed">The seed; null for none.</param>
internal sealed class RandomSource(int? seed)
{
    private readonly Random? _seeded = seed is { } value ? new Random(value) : null;

    /// <summary>A number from <paramref name="minimum"/> to below <paramref name="maximum"/>.</summary>
    public int Next(int minimum, int maximum)
    {
        long range = (long)maximum - minimum;
        return range <= int.MaxValue
            ? (int)(NextDouble() * range) + minimum
            : (int)((long)((Sample() + (double)int.MaxValue) * (1.0 / uint.MaxValue) * range) + minimum);
    }

    /// <summary>A number from <paramref name="minimum"/> to below <paramref name="maximum"/>.</summary>
    public long Next(long minimum, long maximum)
    {
        BigInteger range = (BigInteger)maximum - minimum;
        if (range <= int.MaxValue)
        {
            return minimum + Next(0, (int)range);
        }

        ulong mask = ulong.MaxValue >> BitOperations.LeadingZeroCount((ulong)range);
        ulong drawn;
        do
        {
            drawn = BitConverter.ToUInt64(Bytes(sizeof(ulong))) & mask;
        }
        while (drawn >= (ulong)range);
        return (long)(minimum + (BigInteger)drawn);
    }

    /// <summary>A number from <paramref name="minimum"/> to below <paramref name="maximum"/>.</summary>
    public double Next(double minimum, double maximum)
    {
        double drawn;
        do
        {
            double fraction = NextDouble();
            drawn = minimum + (fraction * maximum) - (fraction * minimum);
        }
        while (drawn >= maximum);
        return drawn;
    }

    private double NextDouble()
    {
        int sample = Sample();
        return (sample < 0 ? sample + int.MaxValue : sample) * (1.0 / int.MaxValue);
    }

    private int Sample()
    {
        int sample;
        do
        {
            sample = BitConverter.ToInt32(Bytes(sizeof(int)));
        }
        while (sample == int.MaxValue);
        return sample;
    }

    private byte[] Bytes(int count)
    {
        if (_seeded is null)
        {
            return RandomNumberGenerator.GetBytes(count);
        }

        byte[] bytes = new byte[count];
        _seeded.NextBytes(bytes);
        return bytes;
    }
}
