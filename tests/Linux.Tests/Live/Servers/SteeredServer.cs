using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Linux.Tests.Live.Servers;

/// <summary>
/// A server of a Debian package as it is, in a network namespace, with configuration and files in a folder of its own. It is started and ended by its process id. Its workers
/// (processes or threads) have names, by which its answers or its own statistics tell who served.
/// </summary>
internal abstract class SteeredServer(LinuxNamespace place, string package, string executable) : IDisposable
{
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(20);

    private readonly StringBuilder _messages = new();
    private Process? _process;

    /// <summary>Where it listens.</summary>
    public static IPEndPoint EndPoint { get; } = new(IPAddress.Loopback, 5380);

    /// <summary>What it is asked over; each has a kernel group of its own.</summary>
    public abstract ImmutableArray<TransportProtocol> Protocols { get; }

    /// <summary>What a reload costs.</summary>
    public virtual Loss ReloadLoss => Loss.Nothing;

    /// <summary>What the end of one worker costs (where workers are threads: the end of the server).</summary>
    public virtual Loss CrashLoss => Loss.Outage;

    /// <summary>What another number of workers costs.</summary>
    public virtual Loss ResizeLoss => Loss.Outage;

    /// <summary>Whether fewer workers mean that the last sockets are closed, so that their slots can be drained before.</summary>
    public virtual bool ClosesLastSockets => false;

    /// <summary>Whether <see cref="ReadServed"/> counts requests; otherwise the counts only grow with them.</summary>
    public virtual bool CountsRequests => true;

    /// <summary>The master, or the only process.</summary>
    public int ProcessId => _process!.Id;

    protected LinuxNamespace Place => place;

    protected string Folder { get; } = Directory.CreateTempSubdirectory($"reuseportps-{package}-").FullName;

    protected int Workers { get; private set; }

    /// <summary>Skips the test where the package is missing.</summary>
    public void Require() => Assert.SkipUnless(File.Exists(executable), $"Needs {executable} (apt-get install --no-install-recommends {package}).");

    /// <summary>Starts it and waits until every worker has its sockets and the server answers.</summary>
    public void Start(int workers)
    {
        Configure(workers);

        // A child is born into the namespace of the thread that starts it.
        _process = place.Run(() => Process.Start(new ProcessStartInfo(executable, Arguments) { UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true }))!;
        _process.ErrorDataReceived += Keep;
        _process.OutputDataReceived += Keep;
        _process.BeginErrorReadLine();
        _process.BeginOutputReadLine();
        WaitUntil("it listens and answers", () => CountSockets() == workers * Protocols.Length && Answers());
    }

    /// <summary>Ends it by the polite signal.</summary>
    public void Stop()
    {
        Signal("TERM", ProcessId);
        WaitForExit();
    }

    /// <summary>Makes it read its configuration anew, with as many workers as before, and waits until that is done.</summary>
    public abstract void Reload();

    /// <summary>Kills a worker, or the server, and has it running again.</summary>
    public virtual void Crash()
    {
        Signal("KILL", ProcessId);
        WaitForExit();
        Start(Workers);
    }

    /// <summary>Gives it another number of workers, in the way its manual has for that.</summary>
    public virtual void Resize(int workers)
    {
        Stop();
        Start(workers);
    }

    /// <summary>One request over a socket that is connected: who answered, or null when answers do not tell. What is no answer throws.</summary>
    public abstract string? Ask(Socket socket);

    /// <summary>The name that <see cref="ReadServed"/> has for a worker.</summary>
    public abstract string NameOf(SocketWorker worker);

    /// <summary>Requests served, by name of the worker.</summary>
    public virtual ImmutableDictionary<string, long> ReadServed(RequestLoad load) => load.Answers();

    public void Dispose()
    {
        if (_process is not null)
        {
            Stop();
        }

        Directory.Delete(Folder, recursive: true);
    }

    protected abstract string[] Arguments { get; }

    protected abstract void WriteConfiguration(int workers);

    protected void Configure(int workers)
    {
        Workers = workers;
        WriteConfiguration(workers);
    }

    protected string PathOf(string name) => Path.Combine(Folder, name);

    protected static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>Rank of a thread in its process, in the order in which they began.</summary>
    protected static string RankOf(SocketWorker worker) =>
        Text(Directory.GetDirectories($"/proc/{Text(worker.ProcessId)}/task").Select(path => int.Parse(Path.GetFileName(path), CultureInfo.InvariantCulture)).Count(thread => thread < worker.ThreadId));

    protected static void Signal(string signal, int processId)
    {
        using Process kill = Process.Start("kill", ["-" + signal, Text(processId)]);
        kill.WaitForExit();
    }

    /// <summary>Processes that the master has started.</summary>
    protected ImmutableArray<int> Children() =>
    [
        .. File.ReadAllText($"/proc/{Text(ProcessId)}/task/{Text(ProcessId)}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(text => int.Parse(text, CultureInfo.InvariantCulture)),
    ];

    protected void WaitUntil(string what, Func<bool> condition)
    {
        for (long began = Stopwatch.GetTimestamp(); !condition(); Thread.Sleep(10))
        {
            if (Stopwatch.GetElapsedTime(began) > s_longest || _process is { HasExited: true })
            {
                throw new InvalidOperationException($"{package}: waited in vain until {what}. It said: {Messages()}");
            }
        }
    }

    protected void WaitForExit()
    {
        Process process = _process!;
        _process = null;
        if (!process.WaitForExit(10_000))
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit(10_000);
        }

        process.Dispose();
    }

    private int CountSockets()
    {
        using LinuxBackend backend = new();
        return Protocols.Sum(protocol => backend.FindSockets(new SocketQuery(protocol, EndPoint.Port, EndPoint.Address, Namespace: place, WithOwners: false)).Count);
    }

    private bool Answers()
    {
        try
        {
            foreach (TransportProtocol protocol in Protocols)
            {
                using Socket socket = place.Run(() => RequestLoad.Open(protocol));
                socket.Connect(EndPoint);
                Ask(socket);
            }

            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        lock (_messages)
        {
            _messages.AppendLine(line.Data);
        }
    }

    private string Messages()
    {
        lock (_messages)
        {
            return _messages + string.Join('\n', Directory.GetFiles(Folder, "*.log").Select(File.ReadAllText));
        }
    }
}
