using System.Diagnostics;
using System.Globalization;

namespace ReuseportPS.Linux.Tests.Live.Relay;

/// <summary>
/// A generation of a service on one port: an nginx with a master of its own and two workers, whose answers are the generation's name, and a UDP server with two sockets, whose answers
/// begin with it. Both know nothing of this project.
/// </summary>
internal sealed class ServerGeneration : IDisposable
{
    public const int Port = 18090;

    private const int Workers = 2;

    private const string UdpServer = """
        import selectors, socket, sys
        ready = selectors.DefaultSelector()
        for number in range(int(sys.argv[3])):
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1); s.bind((sys.argv[1], int(sys.argv[2])))
            ready.register(s, selectors.EVENT_READ, b"%s:%d" % (sys.argv[4].encode(), number))
        print("ready", flush=True)
        while True:
            for key, _ in ready.select():
                _, peer = key.fileobj.recvfrom(64); key.fileobj.sendto(key.data, peer)
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("reuseportps-generation-").FullName;
    private readonly Process _nginx;
    private readonly ChildServer _udp;
    private bool _isStopped;

    public ServerGeneration(LinuxNamespace place, string name)
    {
        string configuration = NginxConfiguration.Write(
            _folder, Workers, string.Create(CultureInfo.InvariantCulture, $"{DelayRelay.ServerAddress}:{Port} reuseport"), name);
        _udp = ChildServer.StartPython(place, UdpServer, DelayRelay.ServerAddress.ToString(), Port.ToString(CultureInfo.InvariantCulture), Workers.ToString(CultureInfo.InvariantCulture), name);
        _nginx = place.Run(() => Process.Start(new ProcessStartInfo("nginx", ["-p", _folder, "-e", Path.Combine(_folder, "error.log"), "-c", configuration])))!;
        for (int attempt = 0; ChildrenOf(_nginx.Id) < Workers; attempt++)
        {
            Assert.True(attempt < 1000 && !_nginx.HasExited, "nginx does not start: " + (_nginx.HasExited ? File.ReadAllText(Path.Combine(_folder, "error.log")) : "no workers"));
            Thread.Sleep(10);
        }
    }

    /// <summary>Ends the UDP server, and nginx as its users do: no new connections, those that it has to their end (SIGQUIT to the master). Returns when both are gone.</summary>
    public void Stop()
    {
        if (!_isStopped)
        {
            _isStopped = true;
            Signal("-QUIT");
            _udp.Dispose();
            if (!_nginx.WaitForExit(60_000))
            {
                Signal("-TERM");
                _nginx.WaitForExit();
            }
        }
    }

    public void Dispose()
    {
        Stop();
        _nginx.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static int ChildrenOf(int process)
    {
        string path = string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/task/{process}/children");
        return File.Exists(path) ? File.ReadAllText(path).Split(' ', StringSplitOptions.RemoveEmptyEntries).Length : 0;
    }

    private void Signal(string signal)
    {
        using Process kill = Process.Start("kill", [signal, _nginx.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }
}
