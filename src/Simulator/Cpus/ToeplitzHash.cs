using System.Buffers.Binary;

namespace ReuseportPS.Simulator.Cpus;

/// <summary>The Toeplitz hash of receive-side scaling (Microsoft, "RSS Hashing Functions"; the same in every network card that has it).</summary>
public static class ToeplitzHash
{
    /// <summary>The hash: for every bit of the input that is set, the 32 bits of the key that begin there.</summary>
    /// <param name="key">Key; 4 bytes longer than the input, or more.</param>
    /// <param name="input">Input.</param>
    public static uint Compute(ReadOnlySpan<byte> key, ReadOnlySpan<byte> input)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(key.Length, input.Length + sizeof(uint), nameof(key));
        uint window = BinaryPrimitives.ReadUInt32BigEndian(key);
        uint hash = 0;
        for (int i = 0; i < input.Length; i++)
        {
            byte next = key[i + sizeof(uint)];
            for (int bit = 7; bit >= 0; bit--)
            {
                hash ^= (input[i] >> bit & 1) != 0 ? window : 0;
                window = window << 1 | (uint)(next >> bit & 1);
            }
        }

        return hash;
    }
}
