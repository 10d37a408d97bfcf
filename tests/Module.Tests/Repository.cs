using System.Runtime.CompilerServices;

namespace ReuseportPS.Module.Tests;

/// <summary>Where things lie in the clone that these tests were built from.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    public static string StagedModule => Path.Combine(Root, "out", "ReuseportPS");

    public static string StagedManifest => Path.Combine(StagedModule, "ReuseportPS.psd1");

    public static string PesterFolder => Path.Combine(Root, "tests", "Pester");

    public static string PathTo(params string[] parts) => Path.Combine([Root, .. parts]);

    /// <summary>The path as a person in the clone would write it.</summary>
    public static string Relative(string path) => Path.GetRelativePath(Root, path).Replace('\\', '/');

    /// <summary>Files beneath a folder in a stable order; none where the folder is absent.</summary>
    public static IEnumerable<string> Files(string folder, string pattern) =>
        Directory.Exists(folder)
            ? Directory.EnumerateFiles(folder, pattern, SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            : [];

    private static string FindRoot([CallerFilePath] string source = "")
    {
        string? start = Path.GetDirectoryName(source);
        foreach (string? from in (string?[])[AppContext.BaseDirectory, start])
        {
            for (string? folder = from; folder is not null; folder = Path.GetDirectoryName(folder))
            {
                if (File.Exists(Path.Combine(folder, "ReuseportPS.slnx")))
                {
                    return folder;
                }
            }
        }
        throw new DirectoryNotFoundException($"No folder above {AppContext.BaseDirectory} holds ReuseportPS.slnx.");
    }
}
