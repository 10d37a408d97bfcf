namespace ReuseportPS.Engine.Policies;

/// <summary>A number in a connection id: some bits from a byte on, the most significant first.</summary>
/// <param name="At">The byte.</param>
/// <param name="Bits">How many bits, 1 to 32.</param>
public readonly record struct IdField(int At, int Bits)
{
    /// <summary>How many bytes they are in.</summary>
    public int Bytes => (Bits + 7) / 8;

    /// <summary>Bits after it in its last byte.</summary>
    internal int Shift => (8 * Bytes) - Bits;

    /// <summary>The number in an id.</summary>
    public uint Read(ReadOnlySpan<byte> id)
    {
        ulong value = 0;
        for (int i = 0; i < Bytes; i++)
        {
            value = value << 8 | id[At + i];
        }

        return (uint)(value >> Shift);
    }
}
