using System.Text.Json;
using ReuseportPS.Module.Tests.PesterStandIn;
using ReuseportPS.Module.Tests.Shell;

namespace ReuseportPS.Module.Tests.Pester;

/// <summary>tests/Pester in real pwsh, by each version of Pester that it is written for: every test passes, and each file holds as many as counts.json records.</summary>
public sealed class PesterTests
{
    public static TheoryData<string> Versions => [.. PesterPackage.Versions];

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task EveryTestPasses(string version)
    {
        string pwsh = await Pwsh.Require();
        string pester = await PesterPackage.Require(version);
        DirectoryInfo folder = Directory.CreateTempSubdirectory("pester");
        try
        {
            string results = Path.Combine(folder.FullName, "results");
            ProcessRun run = await ProcessRun.Of(
                pwsh, ["-NoProfile", "-File", Repository.PathTo("tests", "Module.Tests", "Pester", "Run.ps1"), pester, Repository.PesterFolder, results], folder: Repository.Root, environment: ("NO_COLOR", "1"));
            Assert.True(run.ExitCode == 0, run.Output + run.Error);

            IReadOnlyDictionary<string, int> counts = PesterCounts.Read(Path.Combine(Repository.PesterFolder, PesterCounts.FileName));
            FileResult[] files = [.. (await File.ReadAllLinesAsync(results, TestContext.Current.CancellationToken)).Select(line => JsonSerializer.Deserialize<FileResult>(line)!)];
            string[] problems =
            [
                .. counts.Keys.Except(files.Select(file => file.File)).Select(name => $"{name} was not run."),
                .. files.Select(file => PesterCounts.Problem(counts, file.File, file.Found)).OfType<string>(),
                .. files.SelectMany(file => file.Problems),
            ];
            Assert.True(problems.Length == 0, string.Join(Environment.NewLine, problems));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private sealed record FileResult(string File, int Found, string[] Problems);
}
