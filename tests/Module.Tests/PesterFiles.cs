using System.Collections.Concurrent;
using ReuseportPS.Module.Tests.PesterStandIn;

namespace ReuseportPS.Module.Tests;

/// <summary>The files of tests/Pester, each discovered once and run once in this process.</summary>
internal static class PesterFiles
{
    private static readonly ConcurrentDictionary<string, Lazy<PesterFile>> s_files = new(StringComparer.Ordinal);

    /// <summary>Paths from tests/Pester, sorted.</summary>
    public static IReadOnlyList<string> Names { get; } =
        [.. Repository.Files(Repository.PesterFolder, "*.Tests.ps1").Select(path => Path.GetRelativePath(Repository.PesterFolder, path).Replace('\\', '/'))];

    public static PesterFile Get(string name) =>
        s_files.GetOrAdd(name, file => new(() => PesterFile.Discover(Path.Combine(Repository.PesterFolder, file), Repository.StagedManifest))).Value;
}
