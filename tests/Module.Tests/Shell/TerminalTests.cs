using System.Diagnostics;
using System.Text;

namespace ReuseportPS.Module.Tests.Shell;

/// <summary>The Shell on a pseudo-terminal, as a person meets it. The terminal is that of script(1).</summary>
public sealed class TerminalTests : IDisposable
{
    private const string CtrlC = "\x03";
    private const string CtrlD = "\x04";
    private const string Up = "\e[A";
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(1);
    private readonly StringBuilder _screen = new();
    private readonly CancellationTokenSource _limit = new(s_limit);
    private Process? _process;

    [Fact]
    public async Task CtrlCStopsTheCommandAndNotTheShell()
    {
        Start("-NoLogo");
        await Expect("PS ");
        await Send("Write-Host ('run' + 'ning'); Start-Sleep 300; 'not' + ' reached'\r");
        await Expect("\nrunning");
        await Send(CtrlC);
        await Expect("PS ");
        await Send("'al' + 'ive'\r");
        await Expect("\nalive");
        await Send("exit 5\r");
        Assert.Equal(5, await ExitCode());
        Assert.DoesNotContain("not reached", _screen.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task CtrlCAtThePromptForgetsTheLine()
    {
        Start("-NoLogo");
        await Expect("PS ");
        await Send("'for' + 'gotten'" + CtrlC);
        await Expect("PS ");
        await Send("'next' + ' line'\r");
        await Expect("\nnext line");
        await Send(CtrlD);
        Assert.Equal(0, await ExitCode());
        Assert.DoesNotContain("\nforgotten", _screen.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task CtrlCEndsAScriptWith130()
    {
        Start("-Command", "Write-Host running; Start-Sleep 300");
        await Expect("running");
        await Send(CtrlC);
        Assert.Equal(130, await ExitCode());
    }

    [Fact]
    public async Task IncompleteLinesContinueAndHistoryAndCompletionWork()
    {
        Start("-NoLogo");
        await Expect("PS ");
        await Send("1..2 | ForEach-Object {\r");
        await Expect(">> ");
        await Send("\"value $_\" }\r");
        await Expect("\nvalue 2");
        await Send("Get-Locat\t | ForEach-Object { 'comp' + 'leted' }\r");
        await Expect("\ncompleted");
        await Send("'o' + 'nce'\r");
        await Expect("\nonce");
        int seen = _screen.Length;
        await Send(Up + "\r");
        await Expect("\nonce", seen);
        await Send("exit\r");
        Assert.Equal(0, await ExitCode());
    }

    [Fact]
    public async Task ColourAndProgressAreForTerminalsOnly()
    {
        Start("-Command", "Write-Warning careful; Write-Progress -Activity Working -PercentComplete 50; 'done'");
        Assert.Equal(0, await ExitCode());
        Assert.Contains("\e[33;1mWARNING: careful", _screen.ToString(), StringComparison.Ordinal);
        Assert.Contains("Working [##########          ] 50%", _screen.ToString(), StringComparison.Ordinal);
        Assert.Contains("\e[Kdone", _screen.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task NoColorMeansNoColour()
    {
        Start(noColor: true, "-Command", "Write-Warning careful; Write-Error bad; [pscustomobject]@{ a = 1 }");
        Assert.Equal(0, await ExitCode());
        Assert.Contains("WARNING: careful", _screen.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("\e[3", _screen.ToString(), StringComparison.Ordinal);
    }

    public void Dispose()
    {
        if (_process is { HasExited: false })
        {
            _process.Kill(entireProcessTree: true);
        }

        _process?.Dispose();
        _limit.Dispose();
    }

    private void Start(params string[] arguments) => Start(noColor: false, arguments);

    private void Start(bool noColor, params string[] arguments)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/script"), "script(1) of util-linux makes the terminal; it is not installed.");
        // Without exec the shell that script(1) starts may stay between, and answers Ctrl+C in its own way.
        string command = "exec " + string.Join(' ', arguments.Prepend(ProcessRun.ShellPath).Select(argument => $"'{argument.Replace("'", "'\\''", StringComparison.Ordinal)}'"));
        ProcessStartInfo start = new("/usr/bin/script", ["--quiet", "--return", "--command", command, "/dev/null"])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.Environment["TERM"] = "xterm";
        start.Environment.Remove("NO_COLOR");
        if (noColor)
        {
            start.Environment["NO_COLOR"] = "1";
        }

        _process = Process.Start(start)!;
    }

    private async Task Send(string keys)
    {
        _screen.Append('\u0001');
        await _process!.StandardInput.WriteAsync(keys.AsMemory(), _limit.Token);
        await _process.StandardInput.FlushAsync(_limit.Token);
    }

    /// <summary>Reads until a text has appeared since the last keys were sent.</summary>
    private Task Expect(string text) => Expect(text, Math.Max(0, _screen.ToString().LastIndexOf('\u0001')));

    private async Task Expect(string text, int from)
    {
        while (!_screen.ToString(from, _screen.Length - from).Contains(text, StringComparison.Ordinal))
        {
            await Read();
        }
    }

    private async Task<int> ExitCode()
    {
        while (await Read())
        {
        }

        await _process!.WaitForExitAsync(_limit.Token);
        return _process.ExitCode;
    }

    private async Task<bool> Read()
    {
        char[] buffer = new char[4096];
        try
        {
            int count = await _process!.StandardOutput.ReadAsync(buffer, _limit.Token);
            _screen.Append(buffer, 0, count);
            return count > 0;
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"No answer within {s_limit}. The screen so far:\n{_screen.Replace("\e", "<ESC>")}");
            throw;
        }
    }
}
