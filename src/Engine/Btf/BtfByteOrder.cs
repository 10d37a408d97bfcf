using System.Buffers.Binary;

namespace ReuseportPS.Engine.Btf;

/// <summary>Turns type information of a big-endian object (<c>.BTF</c>, <c>.BTF.ext</c>) into little-endian.</summary>
/// <remarks>Both are a magic of 16 bits, two bytes, and then nothing but words of 32 bits, but for the strings of <c>.BTF</c>, which are bytes.</remarks>
internal static class BtfByteOrder
{
    private const int Magic = 0xeb9f;
    private const int HeaderLengthField = 4;

    /// <summary>The same as little-endian; bytes that do not begin like big-endian BTF are returned as they are.</summary>
    internal static ReadOnlyMemory<byte> ToLittleEndian(ReadOnlyMemory<byte> bytes, bool hasStrings)
    {
        ReadOnlySpan<byte> source = bytes.Span;
        if (source.Length < 24 || BinaryPrimitives.ReadUInt16BigEndian(source) != Magic)
        {
            return bytes;
        }

        int words = source.Length;
        if (hasStrings)
        {
            // The strings come last; where they begin is relative to the end of the header.
            ulong strings = (ulong)BinaryPrimitives.ReadUInt32BigEndian(source[HeaderLengthField..]) + BinaryPrimitives.ReadUInt32BigEndian(source[16..]);
            words = (int)Math.Min(strings, (ulong)source.Length);
        }

        byte[] swapped = source.ToArray();
        (swapped[0], swapped[1]) = (source[1], source[0]);
        for (int at = HeaderLengthField; at + 4 <= words; at += 4)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(swapped.AsSpan(at), BinaryPrimitives.ReadUInt32BigEndian(source[at..]));
        }

        return swapped;
    }
}
