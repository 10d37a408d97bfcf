using System.Xml.Linq;
using ReuseportPS.Module.Tests.Shell;

namespace ReuseportPS.Module.Tests.Pester;

/// <summary>Pester as its authors publish it, in the versions that packages/Packages.csproj names.</summary>
internal static class PesterPackage
{
    private static readonly string s_project = Repository.PathTo("tests", "Module.Tests", "Pester", "packages", "Packages.csproj");
    private static readonly string s_folder = Repository.PathTo("artifacts", "pester");
    private static readonly Lazy<Task<ProcessRun>> s_restored = new(() => ProcessRun.Of("dotnet", ["restore", s_project, "--packages", s_folder]));

    /// <summary>The versions, as the project names them.</summary>
    public static IReadOnlyList<string> Versions { get; } =
        [.. XDocument.Load(s_project).Descendants("PackageDownload").Single().Attribute("Version")!.Value.Split(';').Select(version => version.Trim('[', ']'))];

    /// <summary>The manifest of a version; where the package source has none, the test is skipped.</summary>
    public static async Task<string> Require(string version)
    {
        string manifest = Path.Combine(s_folder, "pester", version, "tools", "Pester.psd1");
        if (!File.Exists(manifest))
        {
            ProcessRun run = await s_restored.Value;
            Assert.SkipWhen(run.ExitCode != 0, $"Pester {version} could not be downloaded: {run.Output.Trim()} {run.Error.Trim()}");
        }

        return manifest;
    }
}
