using System.Diagnostics;
using System.Globalization;
using ReuseportPS.Contract;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Maps;

namespace ReuseportPS.Linux.Tests.Contract;

/// <summary>The kernel, in namespaces and a pin directory of its own; unavailable, with the reason, where the process may not.</summary>
public abstract class LinuxWorld : World
{
    private static int s_count;

    private readonly string _pins = string.Create(
        CultureInfo.InvariantCulture, $"/sys/fs/bpf/reuseportps-contract-{Environment.ProcessId}-{Interlocked.Increment(ref s_count)}");

    private readonly LinuxBackend? _backend;
    private readonly LinuxNamespace? _servers;
    private readonly LinuxNamespace? _clients;

    protected LinuxWorld(bool wired)
    {
        if (!OperatingSystem.IsLinux())
        {
            Unavailable = "Needs Linux.";
            return;
        }

        try
        {
            _backend = new LinuxBackend(new LinuxBackendOptions { PinDirectory = _pins });
            _servers = (LinuxNamespace)_backend.CreateNamespace();
            _clients = wired ? (LinuxNamespace)_backend.CreateNamespace() : _servers;
            _backend.CreateMap(new MapSpec("probe", MapType.ReuseportSockArray, 4, 8, 1)).Dispose();
            if (wired)
            {
                _servers.ConnectTo(_clients);
            }

            // Rejections show as port unreachable, of which the kernel sends few to one host, loopback excepted: take it out of the limited types.
            _ = _servers.Run(() =>
            {
                File.WriteAllText("/proc/sys/net/ipv4/icmp_ratemask", "0");
                File.WriteAllText("/proc/sys/net/ipv6/icmp/ratemask", "255");
                return true;
            });
        }
        catch (BackendException exception)
        {
            Unavailable = $"Needs a kernel that lets this process: {exception.Message}";
        }
    }

    public override string? Unavailable { get; }

    public override IReuseportBackend Backend => _backend!;

    public override INetworkNamespace Servers => _servers!;

    public override INetworkNamespace Clients => _clients!;

    public override bool MigratesRequests
    {
        set => SetServers("ipv4/tcp_migrate_req", value ? "1" : "0");
    }

    public override int SynCookies
    {
        set => SetServers("ipv4/tcp_syncookies", value.ToString(CultureInfo.InvariantCulture));
    }

    public override (long Success, long Failure) MigrationCounters => _servers!.Run(() =>
    {
        string[] lines = [.. File.ReadLines("/proc/thread-self/net/netstat").Where(line => line.StartsWith("TcpExt:", StringComparison.Ordinal))];
        string[] names = lines[0].Split(' ');
        string[] values = lines[1].Split(' ');
        return (Value("TCPMigrateReqSuccess"), Value("TCPMigrateReqFailure"));

        long Value(string name) => long.Parse(values[Array.IndexOf(names, name)], CultureInfo.InvariantCulture);
    });

    public override void NeedsDescriptors(int count)
    {
        string[] words = File.ReadLines("/proc/self/limits").Single(line => line.StartsWith("Max open files", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Assert.SkipUnless(words[3] == "unlimited" || int.Parse(words[3], CultureInfo.InvariantCulture) >= count, $"Needs {count} open files, and may have {words[3]}.");
    }

    public override IDisposable OnCpu(int cpu) => new CpuPin(cpu);

    public override void Inject(byte[] packet) => _clients!.Run(() =>
    {
        RawPacket.Send(packet);
        return true;
    });

    public override IBackendSocket CreateSocketAs(uint uid, SocketSpec spec) => _servers!.Run(() => FileSystemUser.Run(uid, () => LinuxSocket.Create(spec)));

    public override Stranger StartStranger(IReadOnlyList<SocketText> sockets, int port, int copies = 1)
    {
        ProcessStartInfo start = new(StrangerProcess.Executable) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (string argument in StrangerProcess.Arguments)
        {
            start.ArgumentList.Add(argument);
        }

        // One socket per line: what is asked for, and where.
        start.Environment[StrangerProcess.Variable] = string.Join('\n', sockets.Select(socket =>
            string.Create(CultureInfo.InvariantCulture, $"{socket.Protocol} {socket.Family} {socket.ReusePort} {socket.EndPoint(this, port)} {copies}")));

        // A child is born into the namespace of the thread that starts it.
        Process process = _servers!.Run(() => Process.Start(start)!);
        List<ulong> cookies = [];
        while (cookies.Count < sockets.Count * copies)
        {
            string line = process.StandardOutput.ReadLine() ?? throw new InvalidOperationException("The process that holds the sockets ended.");
            if (line.StartsWith("cookie ", StringComparison.Ordinal))
            {
                cookies.Add(ulong.Parse(line.AsSpan(7), CultureInfo.InvariantCulture));
            }
            else if (line.StartsWith("error ", StringComparison.Ordinal))
            {
                throw new InvalidOperationException(line);
            }
        }

        return new Stranger(process.Id, cookies, () =>
        {
            process.StandardInput.Close();
            process.WaitForExit();
            process.Dispose();
        });
    }

    private void SetServers(string name, string value) => _servers!.Run(() =>
    {
        File.WriteAllText("/proc/sys/net/" + name, value);
        return true;
    });

    protected override void Dispose(bool disposing)
    {
        if (_clients != _servers)
        {
            _clients?.Dispose();
        }

        _servers?.Dispose();
        _backend?.Dispose();
        if (Directory.Exists(_pins))
        {
            Directory.Delete(_pins, recursive: true);
        }
    }
}

/// <summary>Clients and servers in one namespace, over its loopback device.</summary>
public sealed class LoopbackWorld() : LinuxWorld(wired: false)
{
    private int _mtu = 65536;

    public override string Device => "lo";

    public override int Mtu
    {
        get => _mtu;
        set => ((LinuxNamespace)Servers).SetLoopbackMtu(_mtu = value);
    }
}

/// <summary>Clients in one namespace, servers in another, a veth pair between them.</summary>
public sealed class VethWorld() : LinuxWorld(wired: true)
{
    public override string Device => "veth0";

    public override int Mtu
    {
        get => 1500;
        set => Assert.Skip("The wire has its MTU.");
    }
}
