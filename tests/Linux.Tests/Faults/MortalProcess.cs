using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.CompilerServices;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Linux.Interop;
using ReuseportPS.Linux.Tests.Contract;

namespace ReuseportPS.Linux.Tests.Faults;

/// <summary>
/// This test program as a shell that is killed: started with the variable set, it waits for a line, runs the command of it, and gets SIGKILL instead of its n-th system call. Nothing of it is left then but
/// what the kernel keeps. No test runs in it.
/// </summary>
internal sealed class MortalProcess : IDisposable
{
    private const string Variable = "REUSEPORTPS_TEST_MORTAL";
    private const Syscall Kill = (Syscall)(62 | (129 << 16));
    private const int SigKill = 9;

    private readonly Process _process;

    private MortalProcess(Process process) => _process = process;

    public int ProcessId => _process.Id;

    /// <summary>Starts one, in a network namespace.</summary>
    /// <param name="place">Where.</param>
    /// <param name="pins">Its pin directory.</param>
    /// <param name="port">The port of the server.</param>
    public static MortalProcess Start(LinuxNamespace place, string pins, int port)
    {
        ProcessStartInfo start = new(StrangerProcess.Executable, StrangerProcess.Arguments) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true };
        start.Environment[Variable] = string.Create(CultureInfo.InvariantCulture, $"{port} {pins}");
        return new MortalProcess(place.Run(() => Process.Start(start))!);
    }

    /// <summary>Has it run a command, and die at a call of it, or afterwards; what it says at the end, or null when it died before.</summary>
    public string? Run(int deadly, string command)
    {
        Tell(deadly, command);
        string? answer = Answer();
        Die();
        return answer;
    }

    /// <summary>Gives it a command, without waiting.</summary>
    public void Tell(int deadly, string command)
    {
        _process.StandardInput.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{deadly} {command}"));
        _process.StandardInput.Flush();
    }

    /// <summary>What it says of the next command that ends.</summary>
    public string? Answer() => _process.StandardOutput.ReadLine();

    /// <summary>SIGKILL, from outside.</summary>
    public void Die()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            Die();
        }

        _process.Dispose();
    }

    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "The entry point of the program is the test runner's.")]
    internal static void RunIfAsked()
    {
        if (Environment.GetEnvironmentVariable(Variable) is not { } asked)
        {
            return;
        }

        int space = asked.IndexOf(' ', StringComparison.Ordinal);
        int port = int.Parse(asked[..space], CultureInfo.InvariantCulture);
        while (Console.In.ReadLine() is { } line)
        {
            int word = line.IndexOf(' ', StringComparison.Ordinal);
            int left = int.Parse(line[..word], CultureInfo.InvariantCulture);
            CallCounter calls = new(skipsClose: false);
            Sys.Gate = (call, first, second, make) =>
            {
                if (calls.Next(call, first, second) is int number && number > 0 && number == left)
                {
                    Sys.Gate = null;
                    _ = Sys.Invoke(Kill, Environment.ProcessId, SigKill);
                }

                return make();
            };
            Console.WriteLine(Outcome(asked[(space + 1)..], port, line[(word + 1)..]) + string.Create(CultureInfo.InvariantCulture, $" after {calls.Count} calls, attaching {string.Join(' ', calls.Attaching)} changes {string.Join(' ', calls.Changes)}"));
        }

        Environment.Exit(0);
    }

    private static string Outcome(string pins, int port, string command)
    {
        try
        {
            using LinuxBackend backend = new(new LinuxBackendOptions { PinDirectory = pins });
            GroupCommand.Run(backend, backend.CurrentNamespace, port, command);
            return "done";
        }
        catch (DiagnosticException exception)
        {
            return "refused: " + exception.Message.ReplaceLineEndings(" ");
        }
    }
}
