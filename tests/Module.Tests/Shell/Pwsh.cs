using System.Diagnostics;
using System.Management.Automation;

namespace ReuseportPS.Module.Tests.Shell;

/// <summary>A real pwsh, against which recordings and the host are checked and in which real Pester runs.</summary>
internal static class Pwsh
{
    private static readonly Lazy<Task<(string? Path, string Reason)>> s_found = new(Find);

    /// <summary>Its path: REUSEPORTPS_PWSH, or pwsh on the PATH, or the .NET tool of the engine's own version; where none of them is to be had the test is skipped.</summary>
    public static async Task<string> Require()
    {
        (string? path, string reason) = await s_found.Value;
        Assert.SkipWhen(path is null, reason);
        return path!;
    }

    private static async Task<(string? Path, string Reason)> Find()
    {
        if (Environment.GetEnvironmentVariable("REUSEPORTPS_PWSH") is { Length: > 0 } named)
        {
            return (named, "");
        }

        string program = OperatingSystem.IsWindows() ? "pwsh.exe" : "pwsh";
        string version = FileVersionInfo.GetVersionInfo(typeof(PSObject).Assembly.Location).ProductVersion!.Split(' ')[0];
        string folder = Repository.PathTo("artifacts", "pwsh", version);
        if ((Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Append(folder)
            .Select(place => Path.Combine(place, program)).FirstOrDefault(File.Exists) is { } present)
        {
            return (present, "");
        }

        ProcessRun run = await ProcessRun.Of("dotnet", ["tool", "install", "PowerShell", "--version", version, "--tool-path", folder]);
        return run.ExitCode == 0
            ? (Path.Combine(folder, program), "")
            : (null, $"No pwsh to compare with: there is none on the PATH nor in REUSEPORTPS_PWSH, and the .NET tool PowerShell {version} could not be installed: {run.Output.Trim()} {run.Error.Trim()}");
    }
}
