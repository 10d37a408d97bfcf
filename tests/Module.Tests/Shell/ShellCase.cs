using System.Text.RegularExpressions;

namespace ReuseportPS.Module.Tests.Shell;

/// <summary>One case of CommandCases.txt.</summary>
internal sealed partial record ShellCase(string Name, string Script, string Expected)
{
    /// <summary>All cases of the committed file.</summary>
    public static IReadOnlyDictionary<string, ShellCase> All { get; } = Read(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Shell", "CommandCases.txt")));

    /// <summary>What a run printed, in the form in which the file records it.</summary>
    /// <param name="output">The text of all streams.</param>
    /// <param name="folder">The folder of the run.</param>
    /// <param name="errorIds">The ids of its errors, newest first.</param>
    public static string Recorded(string output, string folder, IEnumerable<string> errorIds)
    {
        string ids = string.Join(" | ", errorIds);
        string text = string.Join('\n', output.Replace(folder, "DIR", StringComparison.Ordinal).Split('\n').Select(line => line.TrimEnd())).Trim('\n');
        return ids.Length == 0 ? text : $"{text}\nerror ids: {ids}".Trim('\n');
    }

    private static Dictionary<string, ShellCase> Read(string file)
    {
        Dictionary<string, ShellCase> cases = new(StringComparer.Ordinal);
        foreach (string part in CaseStart().Split(file.ReplaceLineEndings("\n")).Skip(1))
        {
            string[] headAndRest = part.Split('\n', 2);
            string[] scriptAndExpected = headAndRest[1].Split("\n---\n", 2);
            cases.Add(headAndRest[0], new ShellCase(headAndRest[0], scriptAndExpected[0], scriptAndExpected[1].Trim('\n')));
        }

        return cases;
    }

    [GeneratedRegex("^=== ", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex CaseStart();
}
