using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using ReuseportPS.Linux.Tests.Live.Servers;

namespace ReuseportPS.Linux.Tests.Live;

/// <summary>A real nginx with reuseport workers on a loopback port; each answer is the pid of the worker that gave it.</summary>
internal sealed class NginxProcess : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("reuseportps-nginx-").FullName;
    private readonly Process _master;
    private readonly bool _reuseport;

    public NginxProcess(int workers, bool reuseport = true)
    {
        Port = FreePort();
        _reuseport = reuseport;
        string configuration = WriteConfiguration(workers);
        _master = Process.Start(new ProcessStartInfo("nginx", ["-p", _folder, "-e", Path.Combine(_folder, "error.log"), "-c", configuration])
        {
            UseShellExecute = false,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;
        WaitUntilItAnswers(workers);
    }

    public int Port { get; }

    public int MasterId => _master.Id;

    public static bool IsInstalled => File.Exists("/usr/sbin/nginx");

    /// <summary>One request on a connection of its own: the pid of the worker that answered.</summary>
    public int Request()
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.SendTimeout = socket.ReceiveTimeout = 5000;
        socket.Connect(IPAddress.Loopback, Port);
        return int.Parse(HttpAnswer.Read(socket), CultureInfo.InvariantCulture);
    }

    /// <summary>Reloads with another number of workers, and waits until so many new ones answer.</summary>
    public void Reload(int workers)
    {
        WriteConfiguration(workers);
        HashSet<int> before = [.. Enumerable.Range(0, 100).Select(_ => Request())];
        using (Process? kill = Process.Start("kill", ["-HUP", _master.Id.ToString(CultureInfo.InvariantCulture)]))
        {
            kill.WaitForExit();
        }

        HashSet<int> after = [];
        for (int attempt = 0; attempt < 2000 && after.Count < workers; attempt++)
        {
            int worker = Request();
            if (!before.Contains(worker))
            {
                after.Add(worker);
            }
        }
    }

    public void Dispose()
    {
        // By id, the master alone: nginx's master ends its workers on SIGTERM.
        using (Process? kill = Process.Start("kill", ["-TERM", _master.Id.ToString(CultureInfo.InvariantCulture)]))
        {
            kill.WaitForExit();
        }

        if (!_master.WaitForExit(10_000))
        {
            _master.Kill(entireProcessTree: true);
        }

        _master.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private string WriteConfiguration(int workers) => NginxConfiguration.Write(
        _folder, workers, string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Port}{(_reuseport ? " reuseport" : "")}"), @"$pid\n");

    private static int FreePort()
    {
        using Socket probe = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)probe.LocalEndPoint!).Port;
    }

    private void WaitUntilItAnswers(int workers)
    {
        HashSet<int> seen = [];
        for (int attempt = 0; attempt < 500; attempt++)
        {
            try
            {
                seen.Add(Request());
                if (seen.Count == workers || attempt > 400)
                {
                    return;
                }
            }
            catch (SocketException)
            {
                Thread.Sleep(20);
            }
        }

        throw new InvalidOperationException("nginx does not answer: " + File.ReadAllText(Path.Combine(_folder, "error.log")));
    }
}
