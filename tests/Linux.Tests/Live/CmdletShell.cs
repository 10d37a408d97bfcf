using System.Diagnostics;
using System.Text.Json;

namespace ReuseportPS.Linux.Tests.Live;

/// <summary>The console host, for commands on the Linux backend in a network namespace: a process for each run, as a user's next shell would be.</summary>
internal sealed class CmdletShell
{
    private readonly LinuxNamespace _namespace;
    private readonly string _path;

    private CmdletShell(LinuxNamespace place, string path) => (_namespace, _path) = (place, path);

    /// <summary>The shell's assembly, for dotnet to run.</summary>
    public string Assembly => _path;

    /// <summary>A shell in a namespace; skips the test where it was not built.</summary>
    public static CmdletShell In(LinuxNamespace place)
    {
        string path = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "Shell", "debug", "ReuseportPS.Shell.dll"));
        Assert.SkipUnless(File.Exists(path), "Needs the shell (dotnet build src/Shell).");
        return new CmdletShell(place, path);
    }

    /// <summary>Runs commands and kills the shell, which after the last of them would go on for long.</summary>
    public void RunAndBeKilled(params string[] commands)
    {
        string done = Path.GetTempFileName();
        string script = Write([.. commands, $"Set-Content '{done}' 'done'", "Start-Sleep 600"]);
        try
        {
            using Process process = Start(script);
            for (int attempt = 0; new FileInfo(done).Length == 0 && !process.HasExited && attempt < 3000; attempt++)
            {
                Thread.Sleep(20);
            }

            process.Kill();
            process.WaitForExit();
            Assert.True(new FileInfo(done).Length > 0, process.StandardError.ReadToEnd() + process.StandardOutput.ReadToEnd());
        }
        finally
        {
            File.Delete(script);
            File.Delete(done);
        }
    }

    /// <summary>Runs commands; what the last one writes, as JSON.</summary>
    public JsonElement Run(params string[] commands)
    {
        string script = Write([.. commands[..^1], $"{commands[^1]} | ConvertTo-Json -Depth 4 -Compress -EnumsAsStrings"]);
        try
        {
            using Process process = Start(script);
            string output = process.StandardOutput.ReadToEnd();
            string errors = process.StandardError.ReadToEnd();
            process.WaitForExit();
            Assert.True(process.ExitCode == 0, errors + output);

            // Warnings come first.
            int json = output.IndexOf('{', StringComparison.Ordinal);
            return json < 0 ? default : JsonDocument.Parse(output[json..]).RootElement;
        }
        finally
        {
            File.Delete(script);
        }
    }

    private static string Write(IEnumerable<string> commands)
    {
        string script = Path.ChangeExtension(Path.GetTempFileName(), ".ps1");
        File.WriteAllText(script, string.Join('\n', ["$ErrorActionPreference = 'Stop'", "Set-ReuseportBackend Linux", .. commands]));
        return script;
    }

    private Process Start(string script) => _namespace.Run(() => Process.Start(new ProcessStartInfo("dotnet", [_path, script])
    {
        UseShellExecute = false,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    }))!;
}
