using System.Text.Json;

namespace ReuseportPS.Module.Tests.PesterStandIn;

/// <summary>How many tests real Pester finds in each file, as recorded; the stand-in must find as many.</summary>
internal static class PesterCounts
{
    public const string FileName = "counts.json";

    public static IReadOnlyDictionary<string, int> Read(string path) =>
        JsonSerializer.Deserialize<SortedDictionary<string, int>>(File.ReadAllText(path)) ?? [];

    /// <summary>What is wrong with the number found in one file, or null.</summary>
    public static string? Problem(IReadOnlyDictionary<string, int> recorded, string file, int found) =>
        !recorded.TryGetValue(file, out int expected) ? $"{FileName} has no entry for {file}: count its tests with real Pester (here: {found})."
        : expected != found ? $"{FileName} says that {file} holds {expected} tests; {found} were found."
        : null;

    /// <summary>Entries whose file is not there.</summary>
    public static IEnumerable<string> Strays(IReadOnlyDictionary<string, int> recorded, IEnumerable<string> files) =>
        recorded.Keys.Except(files, StringComparer.Ordinal).Select(file => $"{FileName} has an entry for {file}, which is not there.");
}
