namespace ReuseportPS.Engine.Policies;

/// <summary>What names may look like.</summary>
public static class PolicyNames
{
    /// <summary>Longest name, in characters.</summary>
    public const int LongestName = 64;

    /// <summary>Longest name of a policy or a rule, in characters.</summary>
    public const int LongestTitle = 128;

    /// <summary>Whether a text can name slots or a list: a letter, then letters, digits, dots, dashes and underscores, so that it is never taken for a number or an address.</summary>
    public static bool IsName(string text) =>
        text.Length is > 0 and <= LongestName && char.IsAsciiLetter(text[0]) && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_');

    /// <summary>Whether a text can name a policy or a rule: not blank, no control characters.</summary>
    public static bool IsTitle(string text) =>
        text.Length is > 0 and <= LongestTitle && !string.IsNullOrWhiteSpace(text) && !text.Any(char.IsControl);
}
