using System.Text;

namespace ReuseportPS.Module.Tests.Shell;

/// <summary>Where there is a real pwsh: what CommandCases.txt records is what it prints.</summary>
[Collection(nameof(ShellCase))]
public sealed class PwshComparisonTests
{
    // Base64 keeps the texts apart whatever they contain.
    private const string Driver = """
        foreach ($line in [IO.File]::ReadAllLines($args[0])) {
            $script = [Text.Encoding]::UTF8.GetString([Convert]::FromBase64String($line))
            $folder = [IO.Directory]::CreateTempSubdirectory('pwshcase').FullName
            Set-Location $folder
            $global:Error.Clear()
            $shell = [powershell]::Create('CurrentRunspace').AddScript("& {`n$script`n} *>&1 | Out-String -Width 100")
            $text = try { -join $shell.Invoke() } catch { "TERMINATING $($_.Exception.InnerException.Message)" }
            $ids = @(foreach ($e in $global:Error) { $e.FullyQualifiedErrorId })
            Set-Location /
            [IO.Directory]::Delete($folder, $true)
            $fields = foreach ($field in $text, $folder, ($ids -join "`n")) { [Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes($field)) }
            [IO.File]::AppendAllText($args[1], ($fields -join ' ') + "`n")
        }
        """;

    [Fact]
    public async Task RecordingsAreWhatPwshPrints()
    {
        string pwsh = await Pwsh.Require();
        DirectoryInfo folder = Directory.CreateTempSubdirectory("pwshcompare");
        try
        {
            string driver = Path.Combine(folder.FullName, "driver.ps1");
            string scripts = Path.Combine(folder.FullName, "scripts");
            string results = Path.Combine(folder.FullName, "results");
            await File.WriteAllTextAsync(driver, Driver, TestContext.Current.CancellationToken);
            await File.WriteAllLinesAsync(scripts, ShellCase.All.Values.Select(@case => Convert.ToBase64String(Encoding.UTF8.GetBytes(@case.Script))), TestContext.Current.CancellationToken);
            ProcessRun run = await ProcessRun.Of(pwsh, ["-NoProfile", driver, scripts, results], environment: ("NO_COLOR", "1"));
            Assert.True(run.ExitCode == 0, run.Error);

            string[] lines = await File.ReadAllLinesAsync(results, TestContext.Current.CancellationToken);
            Assert.Equal(ShellCase.All.Count, lines.Length);
            Assert.All(ShellCase.All.Values.Zip(lines), pair => Assert.Equal($"{pair.First.Name}\n{pair.First.Expected}", $"{pair.First.Name}\n{Recorded(pair.Second)}"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static string Recorded(string line)
    {
        string[] fields = [.. line.Split(' ').Select(field => Encoding.UTF8.GetString(Convert.FromBase64String(field)))];
        return ShellCase.Recorded(fields[0], fields[1], fields[2].Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }
}
