using System.Globalization;
using System.Text;

namespace ReuseportPS.Engine.Asm;

/// <summary>Cuts a line into tokens. What listings put around an instruction (its index, its bytes, <c>(bf)</c>) is left out.</summary>
internal static class Lexer
{
    // Longest first.
    private static readonly string[] s_marks =
    [
        "s>>=", "<<=", ">>=", "s/=", "s%=", "s>=", "s<=", "+=", "-=", "*=", "/=", "%=", "|=", "&=", "^=", "==", "!=", ">=", "<=", "s>", "s<",
        "=", "<", ">", "&", "+", "-", "*", "(", ")", "[", "]", ",", ":", "#", "|",
    ];

    /// <summary>The tokens of a line, the last of them <see cref="TokenKind.End"/>.</summary>
    /// <param name="line">The line, without its end.</param>
    /// <param name="strange">Column of the first character that is not of the language, counted from 1; 0 when there is none. Tokens end before it.</param>
    public static List<Token> Read(string line, out int strange)
    {
        List<Token> tokens = [];
        int at = SkipListing(line);
        strange = 0;
        while (true)
        {
            while (at < line.Length && char.IsWhiteSpace(line[at]))
            {
                at++;
            }

            if (at == line.Length || BeginsComment(line, at))
            {
                break;
            }

            int end = EndOf(line, at, tokens, out Token token);
            if (end == at)
            {
                strange = at + 1;
                break;
            }

            tokens.Add(token);
            at = end;
        }

        tokens.Add(new Token(TokenKind.End, "", at + 1));
        return tokens;
    }

    /// <summary>Whether a text is one word.</summary>
    public static bool IsWord(string text) => text.Length > 0 && EndOfWord(text, 0) == text.Length;

    // bpf_loop#181 is one name; elsewhere # begins a comment.
    private static bool BeginsComment(string line, int at) => line[at] switch
    {
        ';' => true,
        '/' => at + 1 < line.Length && line[at + 1] == '/',
        '#' => at == 0 || at + 1 == line.Length || !char.IsAsciiLetterOrDigit(line[at - 1]) || !char.IsAsciiDigit(line[at + 1]),
        _ => false,
    };

    private static int EndOf(string line, int at, List<Token> before, out Token token)
    {
        char first = line[at];
        if (first == '"')
        {
            return EndOfQuoted(line, at, out token);
        }

        if (before.Count >= 2 && before[^1].Is("[") && before[^2].Kind == TokenKind.Word && before[^2].Text is "map" or "map_value" or "subprog" && line.IndexOf(']', at) is int close && close > at)
        {
            token = new Token(TokenKind.Text, line[at..close].TrimEnd(), at + 1);
            return at + token.Text.Length;
        }

        if (char.IsAsciiDigit(first))
        {
            int end = at + 1;
            while (end < line.Length && char.IsAsciiLetterOrDigit(line[end]))
            {
                end++;
            }

            token = new Token(TokenKind.Number, line[at..end], at + 1, ValueOf(line.AsSpan(at, end - at)));
            return end;
        }

        string? mark = Array.Find(s_marks, text => string.CompareOrdinal(line, at, text, 0, text.Length) == 0);
        if (mark is not null)
        {
            token = new Token(TokenKind.Mark, mark, at + 1);
            return at + mark.Length;
        }

        int endOfWord = EndOfWord(line, at);
        token = new Token(TokenKind.Word, line[at..endOfWord], at + 1);
        return endOfWord;
    }

    private static int EndOfWord(string line, int at)
    {
        if (!(char.IsAsciiLetter(line[at]) || line[at] is '_' or '.' or '$'))
        {
            return at;
        }

        while (at < line.Length && (char.IsAsciiLetterOrDigit(line[at]) || line[at] is '_' or '.' or '$'))
        {
            at++;
        }

        return at;
    }

    /// <summary>A text in quotes, so that it is one token of one line.</summary>
    public static string Quote(string text)
    {
        StringBuilder quoted = new("\"");
        foreach (char character in text)
        {
            _ = character is '"' or '\\' ? quoted.Append('\\').Append(character)
                : char.IsControl(character) || character is '\u2028' or '\u2029' ? quoted.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:x4}")
                : quoted.Append(character);
        }

        return quoted.Append('"').ToString();
    }

    private static int EndOfQuoted(string line, int at, out Token token)
    {
        StringBuilder text = new();
        for (int i = at + 1; i < line.Length; i++)
        {
            if (line[i] == '"')
            {
                token = new Token(TokenKind.Text, text.ToString(), at + 1);
                return i + 1;
            }

            if (line[i] != '\\')
            {
                text.Append(line[i]);
            }
            else if (i + 1 < line.Length && line[i + 1] is '\\' or '"')
            {
                text.Append(line[++i]);
            }
            else if (i + 5 < line.Length && line[i + 1] == 'u' && ushort.TryParse(line.AsSpan(i + 2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ushort character))
            {
                text.Append((char)character);
                i += 5;
            }
            else
            {
                text.Append('\\');
            }
        }

        token = default;
        return at;
    }

    private static ulong? ValueOf(ReadOnlySpan<char> text) =>
        text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
            ? ulong.TryParse(text[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong hex) ? hex : null
            : ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) ? number : null;

    // "  12:", then perhaps "bf 16 00 00 00 00 00 00" (objdump) and "(bf)" (verifier log).
    private static int SkipListing(string line)
    {
        int at = SkipSpace(line, 0);
        int index = at;
        while (at < line.Length && char.IsAsciiDigit(line[at]))
        {
            at++;
        }

        if (at == index || at == line.Length || line[at] != ':')
        {
            return 0;
        }

        at = SkipSpace(line, at + 1);
        int bytes = at;
        int count = 0;
        while (bytes + 2 < line.Length && char.IsAsciiHexDigitLower(line[bytes]) && char.IsAsciiHexDigitLower(line[bytes + 1]) && char.IsWhiteSpace(line[bytes + 2]))
        {
            bytes = SkipSpace(line, bytes + 3);
            count++;
        }

        if (count is 8 or 16)
        {
            at = bytes;
        }

        return at + 3 < line.Length && line[at] == '(' && char.IsAsciiHexDigitLower(line[at + 1]) && char.IsAsciiHexDigitLower(line[at + 2]) && line[at + 3] == ')'
            ? at + 4
            : at;
    }

    private static int SkipSpace(string line, int at)
    {
        while (at < line.Length && char.IsWhiteSpace(line[at]))
        {
            at++;
        }

        return at;
    }
}
