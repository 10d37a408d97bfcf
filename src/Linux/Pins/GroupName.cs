using System.Globalization;
using System.Text;
using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Linux.Pins;

/// <summary>
/// A group's name as a directory name and back: bytes of UTF-8 other than letters, digits, '-' and '_' become %XX. BPF file
/// systems refuse dots, and no name can leave the pin directory. No I/O.
/// </summary>
internal static class GroupName
{
    private const int MaxLength = 200; // a file name has 255 bytes; folders in the making carry a prefix

    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    internal static string Encode(string group)
    {
        StringBuilder encoded = new();
        try
        {
            foreach (byte value in s_strict.GetBytes(group))
            {
                if (IsPlain((char)value))
                {
                    encoded.Append((char)value);
                }
                else
                {
                    encoded.Append(CultureInfo.InvariantCulture, $"%{value:X2}");
                }
            }
        }
        catch (EncoderFallbackException)
        {
            encoded.Clear();
        }

        return encoded.Length is > 0 and <= MaxLength
            ? encoded.ToString()
            : throw LinuxErrors.Own(
                "RPS5084", Errno.EINVAL, "mkdir", $"'{group}' cannot be the name of a group.",
                $"Use a name of 1 to {MaxLength} letters, digits, '-' or '_'; other characters count as three for each of their bytes.");
    }

    /// <summary>The name, or null for a directory that is not a group's.</summary>
    internal static string? Decode(string directory)
    {
        List<byte> bytes = [];
        for (int i = 0; i < directory.Length; i++)
        {
            if (IsPlain(directory[i]))
            {
                bytes.Add((byte)directory[i]);
            }
            else if (directory[i] == '%' && i + 2 < directory.Length
                && byte.TryParse(directory.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte value))
            {
                bytes.Add(value);
                i += 2;
            }
            else
            {
                return null;
            }
        }

        try
        {
            string name = s_strict.GetString([.. bytes]);
            return name.Length > 0 && Encode(name) == directory ? name : null; // one spelling only
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    private static bool IsPlain(char c) => char.IsAsciiLetterOrDigit(c) || c is '-' or '_';
}
