using System.Globalization;

namespace ReuseportPS.Engine.Policies;

/// <summary>Reads numbers strictly: decimal digits only, so that nothing is taken for octal, hexadecimal or signed.</summary>
internal static class NumberText
{
    public static bool TryParse(string text, uint minimum, uint maximum, out uint value, out string reason)
    {
        value = 0;
        reason = Refuse(text) ?? "";
        if (reason.Length > 0)
        {
            return false;
        }

        if (!uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) || value < minimum || value > maximum)
        {
            reason = string.Create(CultureInfo.InvariantCulture, $"it must be from {minimum} to {maximum}");
            return false;
        }

        return true;
    }

    public static bool TryParseRange(string text, uint minimum, uint maximum, out uint first, out uint last, out string reason)
    {
        int dash = text.IndexOf('-', StringComparison.Ordinal);
        if (dash <= 0)
        {
            bool single = TryParse(text, minimum, maximum, out first, out reason);
            last = first;
            return single;
        }

        last = 0;
        if (!TryParse(text[..dash].TrimEnd(), minimum, maximum, out first, out reason) ||
            !TryParse(text[(dash + 1)..].TrimStart(), minimum, maximum, out last, out reason))
        {
            return false;
        }

        if (last < first)
        {
            reason = "the first number must not be greater than the last";
            return false;
        }

        return true;
    }

    private static string? Refuse(string text) => text switch
    {
        "" => "there is no number",
        ['-', ..] => "it is negative",
        ['0', not (< '0' or > '9'), ..] => "a leading zero looks octal; write it without",
        ['0', 'x' or 'X' or 'o' or 'b', ..] => "write it in decimal",
        _ => text.All(char.IsAsciiDigit) ? null : "only decimal digits are read",
    };
}
