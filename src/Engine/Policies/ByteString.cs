using System.Globalization;
using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Policies;

/// <summary>1 to 8 bytes, as they follow each other in a packet.</summary>
/// <param name="Value">The bytes as a big-endian number.</param>
/// <param name="Length">How many there are.</param>
public readonly record struct ByteString(ulong Value, int Length)
{
    /// <summary>Most bytes.</summary>
    public const int Longest = 8;

    /// <summary>One of the bytes.</summary>
    public byte this[int index] => (byte)(Value >> (8 * (Length - 1 - index)));

    /// <summary>Reads <c>0x0102</c> (two digits for each byte), or one byte in decimal.</summary>
    /// <param name="text">The text.</param>
    /// <param name="bytes">The bytes.</param>
    /// <param name="problem">Why not, without a place; null on success.</param>
    public static bool TryParse(string text, out ByteString bytes, out Diagnostic? problem)
    {
        bytes = default;
        problem = null;
        if (text.StartsWith("0x", StringComparison.Ordinal))
        {
            string digits = text[2..];
            if (digits.Length is > 0 and <= 2 * Longest && digits.Length % 2 == 0 &&
                ulong.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong value))
            {
                bytes = new ByteString(value, digits.Length / 2);
                return true;
            }
        }
        else if (NumberText.TryParse(text, 0, byte.MaxValue, out uint one, out _))
        {
            bytes = new ByteString(one, 1);
            return true;
        }

        problem = PolicyDiagnostics.BadMatchValue.At(null, $"'{text}' is not 1 to 8 bytes.", "Write 0x and two hexadecimal digits for each byte, for example 0x0a or 0x0a0b; one byte may be decimal.");
        return false;
    }

    /// <summary>The bytes as they are written in a policy.</summary>
    public override string ToString() => "0x" + Value.ToString("x" + (2 * Length).ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}
