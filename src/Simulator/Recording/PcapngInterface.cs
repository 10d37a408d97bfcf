using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Simulator.Recording;

/// <summary>An interface of a pcapng section.</summary>
/// <param name="Link">What its frames begin with.</param>
/// <param name="SnapLength">Most bytes captured of a frame; 0 for all.</param>
/// <param name="Resolution">if_tsresol: a power of ten, or with the upper bit of two, of which the time stamps are negative multiples.</param>
/// <param name="OffsetSeconds">if_tsoffset: seconds to add.</param>
internal readonly record struct PcapngInterface(LinkType Link, uint SnapLength, byte Resolution, long OffsetSeconds)
{
    /// <summary>Microseconds, which is what an interface without the option has.</summary>
    public const byte Microseconds = 6;

    private const long LatestTime = long.MaxValue / 2;

    /// <summary>A time stamp in nanoseconds since the Unix epoch; what is out of range becomes the nearest that is not.</summary>
    public long ToNanoseconds(ulong units)
    {
        int exponent = Resolution & 0x7F;
        UInt128 nanoseconds;
        if ((Resolution & 0x80) != 0)
        {
            nanoseconds = exponent > 127 ? 0 : ((UInt128)units * 1_000_000_000) >> exponent;
        }
        else
        {
            nanoseconds = units;
            for (; exponent < 9; exponent++)
            {
                nanoseconds *= 10;
            }

            for (; exponent > 9 && nanoseconds != 0; exponent--)
            {
                nanoseconds /= 10;
            }
        }

        Int128 time = (Int128)nanoseconds + ((Int128)OffsetSeconds * 1_000_000_000);
        return (long)Int128.Clamp(time, 0, LatestTime);
    }
}
