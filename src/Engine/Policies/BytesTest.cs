namespace ReuseportPS.Engine.Policies;

/// <summary><c>bytes:</c> what stands in the payload of a datagram. One that is too short does not match.</summary>
/// <param name="At">Offset from the start of the payload.</param>
/// <param name="Mask">Bits that are looked at; as long as the values.</param>
/// <param name="Values">What the masked bytes may be; all of one length.</param>
public sealed record BytesTest(int At, ByteString Mask, EquatableArray<ByteString> Values)
{
    /// <summary>The highest offset.</summary>
    public const int HighestOffset = 65_000;

    /// <summary>How many bytes are looked at.</summary>
    public int Length => Mask.Length;

    /// <summary>A mask of all bits.</summary>
    public static ByteString AllBits(int length) => new(ulong.MaxValue >> (64 - (8 * length)), length);

    /// <summary>Whether bytes pass; as many as <see cref="Length"/>.</summary>
    public bool Matches(ReadOnlySpan<byte> bytes)
    {
        ulong value = 0;
        foreach (byte one in bytes)
        {
            value = value << 8 | one;
        }

        foreach (ByteString wanted in Values)
        {
            if ((value & Mask.Value) == wanted.Value)
            {
                return true;
            }
        }

        return false;
    }
}
