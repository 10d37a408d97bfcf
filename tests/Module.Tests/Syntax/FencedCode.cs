namespace ReuseportPS.Module.Tests.Syntax;

/// <summary>A fenced block of PowerShell in a Markdown page.</summary>
/// <param name="FirstLine">The line of the page on which its code begins, from 1.</param>
/// <param name="Code">What stands between the fences.</param>
internal sealed record FencedCode(int FirstLine, string Code)
{
    private const string Fence = "```";
    private static readonly string[] s_languages = ["powershell", "pwsh", "ps1"];

    public static IEnumerable<FencedCode> PowerShellIn(string page)
    {
        string[] lines = page.ReplaceLineEndings("\n").Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            string opening = lines[i].Trim();
            if (!opening.StartsWith(Fence, StringComparison.Ordinal))
            {
                continue;
            }
            int first = i + 1;
            i = first;
            while (i < lines.Length && lines[i].Trim() != Fence)
            {
                i++;
            }
            if (s_languages.Contains(opening[Fence.Length..].Split(' ')[0], StringComparer.OrdinalIgnoreCase))
            {
                yield return new(first + 1, string.Join('\n', lines[first..i]));
            }
        }
    }
}
