using System.Buffers.Binary;
using ReuseportPS.Simulator.Randomness;

namespace ReuseportPS.Simulator.Recording;

/// <summary>Writes what a generated datagram carries.</summary>
internal static class PayloadWriter
{
    /// <summary>A short header with a connection id, and what the protection of headers needs after it.</summary>
    public const int ShortestQuic = 1 + ConnectionIdLength + 20;

    private const int ConnectionIdLength = 8;
    private const int ShortestInitial = 1200;
    private const int InitialHeaderLength = 1 + 4 + 1 + ConnectionIdLength + 1 + ConnectionIdLength + 1 + 2;

    /// <summary>Writes a QUIC packet and returns its length.</summary>
    /// <param name="to">Where to write.</param>
    /// <param name="isFirst">Whether it is the flow's Initial.</param>
    /// <param name="connectionId">The id that the server gave the flow.</param>
    /// <param name="length">Length; an Initial is 1200 bytes long at least.</param>
    /// <param name="random">What is random in it.</param>
    public static int WriteQuic(Span<byte> to, bool isFirst, ulong connectionId, int length, Xoshiro256 random)
    {
        length = isFirst ? Math.Max(length, ShortestInitial) : length;
        random.Fill(to[..length]);
        if (!isFirst)
        {
            to[0] = (byte)(0x40 | (to[0] & 0x3F));
            BinaryPrimitives.WriteUInt64BigEndian(to[1..], connectionId);
            return length;
        }

        // The client's ids for both sides stay random; no token; the length as a varint of two bytes (RFC 9000 §16), or of four.
        to[0] = (byte)(0xC0 | (to[0] & 0x0F));
        BinaryPrimitives.WriteUInt32BigEndian(to[1..], 1);
        to[5] = ConnectionIdLength;
        to[6 + ConnectionIdLength] = ConnectionIdLength;
        int at = 7 + (2 * ConnectionIdLength);
        to[at] = 0;
        int rest = length - InitialHeaderLength;
        if (rest < 0x4000)
        {
            BinaryPrimitives.WriteUInt16BigEndian(to[(at + 1)..], (ushort)(0x4000 | rest));
        }
        else
        {
            BinaryPrimitives.WriteUInt32BigEndian(to[(at + 1)..], 0x8000_0000 | (uint)(rest - 2));
        }

        return length;
    }

    /// <summary>Writes a DNS query and returns its length.</summary>
    public static int WriteDns(Span<byte> to, Xoshiro256 random)
    {
        const int LabelLength = 12;
        ReadOnlySpan<byte> suffix = "\u0007example\0"u8;
        BinaryPrimitives.WriteUInt16BigEndian(to, (ushort)random.NextUInt32());
        BinaryPrimitives.WriteUInt16BigEndian(to[2..], 0x0100); // recursion desired
        BinaryPrimitives.WriteUInt16BigEndian(to[4..], 1);
        to[6..12].Clear();
        int length = 3 + (int)random.NextBelow(LabelLength - 2u);
        to[12] = (byte)length;
        for (int letter = 0; letter < length; letter++)
        {
            to[13 + letter] = (byte)('a' + random.NextBelow(26u));
        }

        int at = 13 + length;
        suffix.CopyTo(to[at..]);
        at += suffix.Length;
        BinaryPrimitives.WriteUInt16BigEndian(to[at..], (ushort)(random.NextBelow(2u) == 0 ? 1 : 28)); // A or AAAA
        BinaryPrimitives.WriteUInt16BigEndian(to[(at + 2)..], 1);
        return at + 4;
    }
}
