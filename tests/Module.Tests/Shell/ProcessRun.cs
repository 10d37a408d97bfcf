using System.Diagnostics;

namespace ReuseportPS.Module.Tests.Shell;

/// <summary>What a finished process wrote and returned.</summary>
internal sealed record ProcessRun(int ExitCode, string Output, string Error)
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(5);

    /// <summary>The Shell as it was built beside the tests' reference to it.</summary>
    public static string ShellPath { get; } = Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "ReuseportPS.Shell.exe" : "ReuseportPS.Shell");

    /// <summary>Runs a program to its end with all three streams redirected.</summary>
    /// <param name="program">The program.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="input">Standard input.</param>
    /// <param name="folder">Where it runs.</param>
    /// <param name="environment">Variables to set.</param>
    public static async Task<ProcessRun> Of(
        string program, IEnumerable<string> arguments, string input = "", string? folder = null, params (string Name, string Value)[] environment)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = folder ?? "",
        };
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        using CancellationTokenSource limit = new(s_limit);
        using Process process = Process.Start(start)!;
        try
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(limit.Token);
            Task<string> error = process.StandardError.ReadToEndAsync(limit.Token);
            await process.StandardInput.WriteAsync(input);
            process.StandardInput.Close();
            await process.WaitForExitAsync(limit.Token);
            return new ProcessRun(process.ExitCode, await output, await error);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }
}
