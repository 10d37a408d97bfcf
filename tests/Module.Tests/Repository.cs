using ReuseportPS.Shell;

namespace ReuseportPS.Module.Tests;

/// <summary>Where things lie in the clone that these tests were built from.</summary>
internal static class Repository
{
    public static string Root { get; } = ModuleLocator.FindRoot() ?? throw new DirectoryNotFoundException($"The tests were not built in a clone: {AppContext.BaseDirectory}");

    public static string StagedModule => Path.Combine(Root, "out", "ReuseportPS");

    public static string StagedManifest => Path.Combine(StagedModule, ModuleLocator.ManifestName);

    public static string PesterFolder => Path.Combine(Root, "tests", "Pester");

    public static string PathTo(params string[] parts) => Path.Combine([Root, .. parts]);

    /// <summary>The path as a person in the clone would write it.</summary>
    public static string Relative(string path) => Path.GetRelativePath(Root, path).Replace('\\', '/');

    /// <summary>Files beneath a folder in a stable order; none where the folder is absent.</summary>
    public static IEnumerable<string> Files(string folder, string pattern) =>
        Directory.Exists(folder)
            ? Directory.EnumerateFiles(folder, pattern, SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            : [];
}
