using System.Buffers.Binary;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Helpers;

namespace ReuseportPS.Engine.Execution;

/// <summary>The helpers on text: <c>strtol</c>, <c>strtoul</c> (<c>kernel/bpf/helpers.c</c> with <c>lib/kstrtox.c</c>) and <c>strncmp</c>.</summary>
internal static class StringHelpers
{
    private const uint BaseMask = 31;

    // A longer number is read as far as this.
    private const int MaxNumberLength = 63;

    public static void AddTo(HelperTable table) => table
        .Set(HelperId.StringToLong, static (machine, text, length, flags, to, _) => Parse(machine, text, length, flags, to, isSigned: true))
        .Set(HelperId.StringToUnsignedLong, static (machine, text, length, flags, to, _) => Parse(machine, text, length, flags, to, isSigned: false))
        .Set(HelperId.StringCompare, static (machine, first, length, second, _, _) => Compare(machine, first, (uint)length, second));

    private static ulong Parse(Machine machine, ulong address, ulong length, ulong flags, ulong to, bool isSigned)
    {
        if (!machine.TryRead(address, (int)(uint)length, out ReadOnlySpan<byte> text) || !machine.TryWrite(to, sizeof(ulong), out Span<byte> result))
        {
            return 0;
        }

        Errno error = TryParse(text, flags, out bool isNegative, out ulong value, out int consumed);
        if (error == Errno.None && isNegative && !isSigned)
        {
            error = Errno.EINVAL;
        }
        else if (error == Errno.None && isSigned && (isNegative ? (long)(0 - value) > 0 : (long)value < 0))
        {
            error = Errno.ERANGE;
        }

        BinaryPrimitives.WriteUInt64LittleEndian(result, error != Errno.None ? 0 : isNegative ? 0 - value : value);
        return error != Errno.None ? error.Negated() : (ulong)consumed;
    }

    private static Errno TryParse(ReadOnlySpan<byte> text, ulong flags, out bool isNegative, out ulong value, out int consumed)
    {
        isNegative = false;
        value = 0;
        consumed = 0;
        if (text.IsEmpty || flags > BaseMask || flags is not (0 or 8 or 10 or 16))
        {
            return Errno.EINVAL;
        }

        while (consumed < text.Length && IsSpace(text[consumed]))
        {
            consumed++;
        }

        isNegative = consumed < text.Length && text[consumed] == '-';
        consumed += isNegative ? 1 : 0;
        ReadOnlySpan<byte> number = text[consumed..];
        number = number.Length > MaxNumberLength ? number[..MaxNumberLength] : number;
        int prefix = PrefixOf(number, (uint)flags, out uint radix);
        int digits = 0;
        bool overflows = false;
        foreach (byte character in number[prefix..])
        {
            uint digit = DigitOf(character);
            if (digit >= radix)
            {
                break;
            }

            overflows |= value > (ulong.MaxValue - digit) / radix;
            value = (value * radix) + digit;
            digits++;
        }

        consumed += prefix + digits;
        return overflows ? Errno.ERANGE : digits == 0 ? Errno.EINVAL : Errno.None;
    }

    // The length of 0x, where it belongs to the number.
    private static int PrefixOf(ReadOnlySpan<byte> number, uint flags, out uint radix)
    {
        bool hasHexPrefix = number.Length >= 2 && number[0] == '0' && (number[1] | 0x20) == 'x';
        radix = flags != 0 ? flags
            : hasHexPrefix && number.Length >= 3 && DigitOf(number[2]) < 16 ? 16
            : number.Length > 0 && number[0] == '0' ? 8u
            : 10;
        return radix == 16 && hasHexPrefix ? 2 : 0;
    }

    private static uint DigitOf(byte character) => character switch
    {
        >= (byte)'0' and <= (byte)'9' => (uint)(character - '0'),
        >= (byte)'a' and <= (byte)'f' => (uint)(character - 'a' + 10),
        >= (byte)'A' and <= (byte)'F' => (uint)(character - 'A' + 10),
        _ => uint.MaxValue,
    };

    // The kernel's isspace is that of Latin-1: a no-break space is one.
    private static bool IsSpace(byte character) => character is (byte)' ' or (>= 9 and <= 13) or 0xa0;

    private static ulong Compare(Machine machine, ulong first, uint length, ulong second)
    {
        if (!machine.TryRead(first, (int)length, out ReadOnlySpan<byte> text))
        {
            return 0;
        }

        for (int i = 0; i < text.Length; i++)
        {
            if (!machine.TryRead(second + (uint)i, 1, out ReadOnlySpan<byte> other))
            {
                return 0;
            }

            if (text[i] != other[0])
            {
                return text[i] < other[0] ? ulong.MaxValue : 1;
            }

            if (text[i] == 0)
            {
                break;
            }
        }

        return 0;
    }
}
