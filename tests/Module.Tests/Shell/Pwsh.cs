namespace ReuseportPS.Module.Tests.Shell;

/// <summary>A real pwsh on this machine, against which recordings and the host are checked.</summary>
internal static class Pwsh
{
    /// <summary>REUSEPORTPS_PWSH, or pwsh on the PATH; null if there is none.</summary>
    public static string? Path { get; } = Environment.GetEnvironmentVariable("REUSEPORTPS_PWSH") is { Length: > 0 } named
        ? named
        : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(System.IO.Path.PathSeparator)
            .Select(folder => System.IO.Path.Combine(folder, "pwsh"))
            .FirstOrDefault(File.Exists);

    /// <summary>Its path; without one the test is skipped.</summary>
    public static string Require()
    {
        Assert.SkipWhen(Path is null, "No pwsh: put it on the PATH or name it in REUSEPORTPS_PWSH to compare the Shell with it.");
        return Path!;
    }
}
