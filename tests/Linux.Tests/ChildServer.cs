using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Linux.Tests.Live;

namespace ReuseportPS.Linux.Tests;

/// <summary>A server in another process, that knows nothing of this project. Ended by its id, with its children.</summary>
internal sealed class ChildServer : IDisposable
{
    internal const int Port = 18080;

    private readonly Process _process;
    private readonly string? _directory;

    private ChildServer(Process process, string? directory)
    {
        _process = process;
        _directory = directory;
    }

    internal int ProcessId => _process.Id;

    /// <summary>nginx with reuseport listeners, one per worker, that answer with the worker's process id.</summary>
    internal static ChildServer StartNginx(LinuxNamespace place, int workers)
    {
        Assert.SkipUnless(File.Exists("/usr/sbin/nginx"), "Needs nginx (apt-get install nginx-core).");
        string directory = Directory.CreateTempSubdirectory("reuseportps-nginx-").FullName;
        string configuration = NginxConfiguration.Write(directory, workers, string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Port} reuseport"), "$pid");
        return Start(place, "/usr/sbin/nginx", ["-c", configuration, "-p", directory, "-e", Path.Combine(directory, "error.log")], directory);
    }

    /// <summary>A process with reuseport sockets: TCP over IPv4, and as many UDP over IPv6 only.</summary>
    internal static ChildServer StartPython(LinuxNamespace place, int listeners)
    {
        const string Script = """
            import socket, sys, time
            held = []
            for _ in range(int(sys.argv[1])):
                s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, 15, 1); s.bind(("127.0.0.1", int(sys.argv[2]))); s.listen(16); held.append(s)
                s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); s.setsockopt(socket.SOL_SOCKET, 15, 1)
                s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1); s.bind(("::1", int(sys.argv[2]))); held.append(s)
            print("ready", flush=True)
            time.sleep(600)
            """;
        return StartPython(place, Script, listeners.ToString(CultureInfo.InvariantCulture), Port.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>A server that says "ready".</summary>
    internal static ChildServer StartPython(LinuxNamespace place, string script, params string[] arguments)
    {
        string? python = new[] { "/usr/bin/python3", "/usr/local/bin/python3" }.FirstOrDefault(File.Exists);
        Assert.SkipUnless(python is not null, "Needs python3.");
        return Start(place, python!, ["-c", script, .. arguments], null, waitForOutput: true);
    }

    /// <summary>What the web server on <see cref="Port"/> of a namespace answers, without the headers.</summary>
    internal static string Get(LinuxBackend backend, LinuxNamespace place)
    {
        using LinuxSocket client = (LinuxSocket)backend.CreateSocket(new SocketSpec(TransportProtocol.Tcp, IpFamily.V4, ReusePort: false), place);
        client.Connect(new IPEndPoint(IPAddress.Loopback, Port));
        client.Send("GET / HTTP/1.0\r\n\r\n"u8);
        StringBuilder answer = new();
        byte[] buffer = new byte[4096];
        while (true)
        {
            Assert.NotNull(backend.WaitForArrival([client], TimeSpan.FromSeconds(5)));
            if (client.TryReceive(buffer, out int length, out _) && length == 0)
            {
                return answer.ToString().Split("\r\n\r\n")[1];
            }

            answer.Append(Encoding.ASCII.GetString(buffer, 0, length));
        }
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            // The polite signal, so that a master takes its workers along.
            using Process kill = Process.Start("kill", _process.Id.ToString(CultureInfo.InvariantCulture));
            kill.WaitForExit();
            if (!_process.WaitForExit(TimeSpan.FromSeconds(10)))
            {
                _process.Kill(entireProcessTree: true);
                _process.WaitForExit();
            }
        }

        _process.Dispose();
        if (_directory is not null)
        {
            Directory.Delete(_directory, recursive: true);
        }
    }

    private static ChildServer Start(LinuxNamespace place, string file, string[] arguments, string? directory, bool waitForOutput = false)
    {
        // A child is born into the namespace of the thread that starts it.
        Process process = place.Run(() => Process.Start(new ProcessStartInfo(file, arguments) { RedirectStandardOutput = waitForOutput }))!;
        if (waitForOutput)
        {
            Assert.Equal("ready", process.StandardOutput.ReadLine());
        }

        return new ChildServer(process, directory);
    }
}
