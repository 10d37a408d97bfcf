namespace ReuseportPS.Binding;

/// <summary>Bytes as people write them: hexadecimal digits, with blanks, colons or dashes between, and with or without 0x before them.</summary>
internal static class HexText
{
    /// <summary>The bytes, or null when the text is something else.</summary>
    public static byte[]? Read(string text)
    {
        ReadOnlySpan<char> rest = text.AsSpan().Trim();
        rest = rest.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? rest[2..] : rest;
        Span<char> digits = new char[rest.Length];
        int count = 0;
        foreach (char c in rest)
        {
            if (char.IsAsciiHexDigit(c))
            {
                digits[count++] = c;
            }
            else if (!char.IsWhiteSpace(c) && c is not (':' or '-'))
            {
                return null;
            }
        }

        return count % 2 == 0 ? Convert.FromHexString(digits[..count]) : null;
    }
}
