using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Backends.Groups;

/// <summary>What a group may be called.</summary>
internal static class GroupName
{
    public const int MaxLength = 64;

    public static void Require(string name)
    {
        bool valid = name.Length is > 0 and <= MaxLength && char.IsAsciiLetterOrDigit(name[0])
            && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');
        if (!valid)
        {
            throw new DiagnosticException(Diagnostic.Error(
                GroupCodes.BadName, $"'{name}' cannot be the name of a group.",
                remedy: $"Use 1 to {MaxLength} letters, digits, '-', '_' and '.', beginning with a letter or digit."));
        }
    }
}
