using System.Text.Json.Nodes;

namespace ReuseportPS.Engine.Tests;

/// <summary>Finds files: those beside the tests, and the shared corpora that a clone lacks.</summary>
internal static class TestData
{
    /// <summary>The lines of a JSON-lines file, with their numbers.</summary>
    public static IEnumerable<(int Line, JsonObject Case)> Lines(string path) =>
        File.ReadLines(path).Select((text, i) => (i + 1, JsonNode.Parse(text)!.AsObject()));

    /// <summary>A file beside the tests.</summary>
    public static string PathOf(params string[] parts) => Path.Combine([AppContext.BaseDirectory, .. parts]);

    /// <summary>A file of the shared corpora; the test is skipped when there is none.</summary>
    public static string SharedCorpus(string name)
    {
        string? path = FindSharedCorpus(name);
        Assert.SkipWhen(path is null, $"{name} is not there: no shared corpora beside the repository (REUSEPORTPS_SHARED names another place).");
        return path;
    }

    /// <summary>A file of the shared corpora, or null.</summary>
    public static string? FindSharedCorpus(string name)
    {
        string? shared = Environment.GetEnvironmentVariable("REUSEPORTPS_SHARED");
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); shared is null && folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "ReuseportPS.slnx")))
            {
                shared = Path.Combine(folder.Parent!.FullName, "shared");
            }
        }

        string path = Path.Combine(shared ?? "", "corpora", name);
        return File.Exists(path) ? path : null;
    }
}
