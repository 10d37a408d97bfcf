using System.Diagnostics;
using System.Globalization;

namespace ReuseportPS.Bench.Peers;

/// <summary>An engine of another project at the other end of a pipe: a small C program, built from its source when it is first needed.</summary>
internal sealed class PeerProcess : IDisposable
{
    private readonly Process _process;

    private PeerProcess(Process process) => _process = process;

    /// <summary>Builds and starts a peer.</summary>
    /// <param name="source">Its C file in bench/peers.</param>
    /// <param name="libraries">What it is linked with, as the compiler's arguments.</param>
    /// <param name="package">Debian packages that it needs.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="problem">Why there is none.</param>
    public static PeerProcess? Start(string source, string libraries, string package, IEnumerable<string> arguments, out string problem)
    {
        string binary = Path.Combine(BenchFiles.Output, Path.GetFileNameWithoutExtension(source));
        (int exit, string text) = Run("sh", ["-c", $"exec cc -O2 -march=native $(pkg-config --cflags libdpdk 2>/dev/null) '{Path.Combine(BenchFiles.Folder, "peers", source)}' -o '{binary}' {libraries}"]);
        if (exit != 0)
        {
            problem = $"{source} cannot be built (it needs a C compiler and {package}): {text.Split('\n', 2)[0]}";
            return null;
        }

        problem = "";
        return new PeerProcess(Process.Start(new ProcessStartInfo(binary, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!);
    }

    /// <summary>Asks for a program to be loaded; why it was not, or null.</summary>
    public string? Load(params ReadOnlySpan<string> words)
    {
        string answer = Say(["load", .. words]);
        return answer == "loaded" ? null : answer;
    }

    /// <summary>Asks for a run: nanoseconds and what else was said.</summary>
    public (double Nanoseconds, string Answer) Measure(params ReadOnlySpan<string> words) => Ask(["run", .. words]);

    /// <summary>Asks for runs of some kind: nanoseconds and what else was said.</summary>
    public (double Nanoseconds, string Answer) Ask(params ReadOnlySpan<string> words)
    {
        string[] answer = Say([.. words]).Split(' ');
        return (double.Parse(answer[0], CultureInfo.InvariantCulture), answer[1]);
    }

    public void Dispose()
    {
        _process.StandardInput.Dispose();
        if (!_process.WaitForExit(5000))
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    private string Say(IEnumerable<string> words)
    {
        _process.StandardInput.WriteLine(string.Join(' ', words));
        _process.StandardInput.Flush();
        return _process.StandardOutput.ReadLine() ?? throw new InvalidOperationException("The peer ended.");
    }

    private static (int Exit, string Text) Run(string file, IEnumerable<string> arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(file, arguments) { UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true })!;
        string text = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, text);
    }
}
