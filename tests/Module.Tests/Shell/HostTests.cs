using ReuseportPS.Shell;

namespace ReuseportPS.Module.Tests.Shell;

/// <summary>The built Shell as a process: exit codes, streams, prompt.</summary>
public sealed class HostTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("shellhost");

    public HostTests()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The cases run /bin/false and know the paths of Linux.");
        foreach ((string name, string text) in HostCase.Scripts)
        {
            File.WriteAllText(Path.Combine(_folder.FullName, name), text);
        }
    }

    public static TheoryData<int> Cases => [.. Enumerable.Range(0, HostCase.All.Count)];

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task ExitCodeAndStreams(int number)
    {
        HostCase @case = HostCase.All[number];
        Check(@case, await ProcessRun.Of(ProcessRun.ShellPath, @case.Arguments, @case.Input, _folder.FullName));
    }

    [Fact]
    public async Task PwshDoesTheSame()
    {
        string pwsh = await Pwsh.Require();
        foreach (HostCase @case in HostCase.All.Where(@case => @case.IsAsPwsh))
        {
            ProcessRun run = await ProcessRun.Of(pwsh, ["-NoProfile", .. @case.Arguments], @case.Input, _folder.FullName, ("NO_COLOR", "1"));
            if (@case.Error is null)
            {
                // Usage texts are each program's own.
                Assert.Equal((@case.Arguments, @case.ExitCode), (@case.Arguments, run.ExitCode));
            }
            else
            {
                Check(@case, run);
            }
        }
    }

    [Fact]
    public async Task RedirectedOutputHasNoEscapeSequence()
    {
        ProcessRun run = await ProcessRun.Of(
            ProcessRun.ShellPath,
            ["-c", "Get-Item /; Write-Error x; Write-Warning w; Write-Host h -BackgroundColor Blue; $PSStyle.Foreground.Red + 'r'; throw 'y'"],
            environment: ("TERM", "xterm-256color"));
        Assert.DoesNotContain('\e', run.Output + run.Error);
    }

    [Fact]
    public async Task ModuleIsTheStagedOne()
    {
        ProcessRun run = await ProcessRun.Of(ProcessRun.ShellPath, ["-c", "(Get-Module ReuseportPS).ModuleBase"]);
        Assert.Equal(Path.GetDirectoryName(ModuleLocator.StagedManifest()), run.Output.Trim());
    }

    [Fact]
    public async Task HelpAndVersionGoToOutput()
    {
        ProcessRun help = await ProcessRun.Of(ProcessRun.ShellPath, ["-Help"]);
        Assert.Equal((0, ""), (help.ExitCode, help.Error));
        Assert.StartsWith("Usage:", help.Output, StringComparison.Ordinal);

        ProcessRun version = await ProcessRun.Of(ProcessRun.ShellPath, ["-v"]);
        Assert.Equal((0, ""), (version.ExitCode, version.Error));
        Assert.Contains("PowerShell 7.6", version.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-Bogus", "Unknown option '-Bogus'.")]
    [InlineData("-ExecutionPolicy", "not offered by the Shell")]
    [InlineData("nofile.ps1", "nofile.ps1' is not the name of an existing script file")]
    public async Task WrongCommandLineSaysWhatAndHow(string argument, string message)
    {
        ProcessRun run = await ProcessRun.Of(ProcessRun.ShellPath, [argument], folder: _folder.FullName);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
        Assert.Contains("Usage:", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OutsideABuiltCloneTheRemedyIsNamed()
    {
        // A copy of the program in a clone whose module is not built.
        string bin = Path.Combine(_folder.FullName, "bin");
        Directory.CreateDirectory(Path.Combine(_folder.FullName, "src"));
        File.WriteAllText(Path.Combine(_folder.FullName, ModuleLocator.ManifestName), "@{}");
        ProcessRun copy = await ProcessRun.Of("/bin/cp", ["-r", AppContext.BaseDirectory, bin]);
        Assert.Equal(0, copy.ExitCode);

        ProcessRun run = await ProcessRun.Of(Path.Combine(bin, Path.GetFileName(ProcessRun.ShellPath)), ["-c", "1"]);
        Assert.Equal((70, ""), (run.ExitCode, run.Output));
        Assert.Contains("dotnet build", run.Error, StringComparison.Ordinal);
        Assert.Contains(_folder.FullName, run.Error, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private void Check(HostCase @case, ProcessRun run)
    {
        string Normal(string text) => string.Join('\n', text.Replace(_folder.FullName, "DIR", StringComparison.Ordinal).Split('\n').Select(line => line.TrimEnd())).Trim('\n');
        string command = string.Join(' ', @case.Arguments);
        Assert.Equal(
            $"{command}\n{@case.ExitCode}\n{Normal(@case.Output)}\n{(@case.Error is null ? "" : Normal(@case.Error))}",
            $"{command}\n{run.ExitCode}\n{Normal(run.Output)}\n{(@case.Error is null ? "" : Normal(run.Error))}");
        if (@case.Error is null)
        {
            Assert.NotEqual("", run.Error);
        }
    }
}
