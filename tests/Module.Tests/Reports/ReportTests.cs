using System.Text.RegularExpressions;
using ReuseportPS.Module.Tests.Shell;

namespace ReuseportPS.Module.Tests.Reports;

/// <summary>Reports as files: parts from separate processes, and the page in a browser.</summary>
public sealed partial class ReportTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("reuseportps-reports").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Two_processes_measure_halves_that_merge_to_the_whole()
    {
        string capture = Repository.PathTo("examples", "dns-and-http.pcap");
        string policy = Repository.PathTo("examples", "policies", "quickstart.yaml");
        string script = Repository.PathTo("examples", "measure-part.ps1");
        ProcessRun[] halves = await Task.WhenAll(Enumerable.Range(0, 2).Select(part => ProcessRun.Of(
            ProcessRun.ShellPath, [script, capture, policy, "-Part", $"{part}", "-Count", "2", "-Path", Path.Combine(_folder, $"part{part}.json")])));
        Assert.All(halves, half => Assert.True(half.ExitCode == 0, half.Error + half.Output));
        string merge = Path.Combine(_folder, "merge.ps1");
        await File.WriteAllTextAsync(
            merge,
            $"""
            $ErrorActionPreference = 'Stop'
            Import-Module '{Repository.PathTo("ReuseportPS.psd1")}'
            '{_folder}/part1.json', '{_folder}/part0.json' | Merge-SteeringReport | Export-SteeringReport '{_folder}/merged.json'
            Import-PacketTrace '{capture}' | Measure-SteeringPolicy -Policy '{policy}' -SlotCount 4 | Export-SteeringReport '{_folder}/whole.json'
            """,
            TestContext.Current.CancellationToken);
        ProcessRun merged = await ProcessRun.Of(ProcessRun.ShellPath, [merge]);
        Assert.True(merged.ExitCode == 0, merged.Error + merged.Output);
        Assert.Equal(Read("whole.json"), Read("merged.json"));
        Assert.NotEqual(Read("part0.json"), Read("part1.json"));
    }

    [Fact]
    public async Task The_page_needs_nothing_from_elsewhere_and_shows_in_a_browser()
    {
        string browser = FindBrowser() ?? "";
        string make = Path.Combine(_folder, "make.ps1");
        await File.WriteAllTextAsync(
            make,
            $$"""
            $ErrorActionPreference = 'Stop'
            Import-Module '{{Repository.PathTo("ReuseportPS.psd1")}}'
            Set-Content '{{_folder}}/policy.yaml' "version: 1`npolicy: `"<b>bold</b>`"`notherwise: { by: hash }"
            $trace = New-PacketTrace 2000 -Rate 1000 -Popularity 1 -Seed 1
            @(
                $trace | Measure-SteeringPolicy -Policy '{{Repository.PathTo("examples", "policies", "quickstart.yaml")}}' -SlotCount 4
                $trace | Compare-SteeringPolicy '{{_folder}}/policy.yaml' -SlotCount 4 -NewSlotCount 5
            ) | Export-SteeringReport '{{_folder}}/report.html'
            """,
            TestContext.Current.CancellationToken);
        ProcessRun made = await ProcessRun.Of(ProcessRun.ShellPath, [make]);
        Assert.True(made.ExitCode == 0, made.Error + made.Output);
        string page = Read("report.html");
        Assert.DoesNotContain("<script", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("<b>bold", page, StringComparison.Ordinal);
        Assert.Equal(["http://www.w3.org/1999/xlink", "http://www.w3.org/2000/svg"], Address().Matches(page).Select(match => match.Value).Distinct().Order(StringComparer.Ordinal));
        Assert.Equal(3, Regex.Count(page, "<svg", RegexOptions.None, TimeSpan.FromSeconds(5)));
        Assert.DoesNotContain("rgb(1,", page, StringComparison.Ordinal); // every colour is one of the page's
        Assert.DoesNotContain("clipPath1", page, StringComparison.Ordinal);
        Assert.Contains("style=\"fill:var(--ink)\"", page, StringComparison.Ordinal);
        Assert.Contains("var(--c3)", page, StringComparison.Ordinal);

        Assert.SkipWhen(browser.Length == 0, "no chromium: apt-get install chromium");
        byte[] light = await Screenshot(browser, "light", []);
        byte[] dark = await Screenshot(browser, "dark", ["--force-dark-mode", "--blink-settings=preferredColorScheme=0"]);
        Assert.All((byte[][])[light, dark], picture => Assert.InRange(picture.Length, 20_000, 5_000_000)); // a blank page of this size takes some 5,000 bytes
        Assert.NotEqual(light, dark);
    }

    private static string? FindBrowser() => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .SelectMany(folder => new[] { "chromium", "chromium-browser", "google-chrome" }.Select(name => Path.Combine(folder, name)))
        .FirstOrDefault(File.Exists);

    [GeneratedRegex("https?://[^\"'<> ]+", RegexOptions.None, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Address();

    private string Read(string name) => File.ReadAllText(Path.Combine(_folder, name));

    private async Task<byte[]> Screenshot(string browser, string name, string[] options)
    {
        string picture = Path.Combine(_folder, name + ".png");
        ProcessRun run = await ProcessRun.Of(
            browser,
            [
                "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--window-size=1000,2400", $"--user-data-dir={_folder}/{name}", .. options,
                $"--screenshot={picture}", $"file://{_folder}/report.html",
            ]);
        Assert.True(File.Exists(picture), run.Error);
        string? kept = Environment.GetEnvironmentVariable("REUSEPORTPS_PICTURES");
        if (kept is not null)
        {
            File.Copy(picture, Path.Combine(kept, name + ".png"), overwrite: true);
        }

        return await File.ReadAllBytesAsync(picture);
    }
}
