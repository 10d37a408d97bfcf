using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Backends.Health;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Linux.Tests.Live;
using ReuseportPS.Yaml;

namespace ReuseportPS.Linux.Tests;

/// <summary>Faults that only a kernel has: real servers, threads, MPTCP, .NET's own sockets. The others are in tests/Contract/HealthContract.cs.</summary>
public sealed class HealthTests : LinuxTest
{
    private static readonly TimeSpan s_watch = TimeSpan.FromMilliseconds(100);

    /// <summary>A reuseport socket, bound to a port given as argument 1 unless it says another.</summary>
    private const string Preamble = """
        import os, select, signal, socket, sys, threading, time
        def member(kind=socket.SOCK_DGRAM, reuseaddr=0):
            s = socket.socket(socket.AF_INET, kind); s.setsockopt(socket.SOL_SOCKET, 15, 1); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, reuseaddr)
            s.bind(("127.0.0.1", 18080))
            if kind == socket.SOCK_STREAM: s.listen(16)
            return s
        def wait_at(*sockets):
            e = select.epoll()
            for s in sockets: e.register(s.fileno(), select.EPOLLIN)
            while True: e.poll()
        def thread(target, *args): threading.Thread(target=target, args=args, daemon=True).start()
        def ready():
            time.sleep(0.3); print("ready", flush=True); time.sleep(600)

        """;

    [Fact]
    public void A_healthy_nginx_then_one_with_a_stopped_worker_then_a_second_one()
    {
        const int Workers = 3;
        using ChildServer nginx = ChildServer.StartNginx(Namespace, Workers);
        AwaitNginx(Workers);
        string name = string.Create(CultureInfo.InvariantCulture, $"health-{Environment.ProcessId}");
        using GroupCatalog groups = new(Backend, new PolicyText(PolicyYaml.Write, text => PolicyYaml.Read(text).Policy!), Namespace);
        using ManagedGroup group = groups.Adopt(new GroupAdoptRequest(name, TransportProtocol.Tcp, ChildServer.Port, null, [], Namespace));
        try
        {
            group.Apply(PolicyYaml.Read("version: 1\npolicy: test\notherwise: { by: slot, slot: 1 }").Policy!);
            Assert.Equal([], GroupDoctor.Examine(Backend, group, s_watch).Findings);

            ulong cookie = group.ReadSlots()[1].Seats[0].Cookie;
            int worker = Backend.Survey(new SocketQuery(TransportProtocol.Tcp, ChildServer.Port, Namespace: Namespace)).Sockets
                .Single(socket => socket.Record.Cookie == cookie).Workers.Single().ProcessId;
            Signal("-STOP", worker);
            using LinuxSocket client = (LinuxSocket)Backend.CreateSocket(new SocketSpec(TransportProtocol.Tcp, IpFamily.V4, ReusePort: false), Namespace);
            client.Connect(new IPEndPoint(IPAddress.Loopback, ChildServer.Port));
            HealthFinding hung = Assert.Single(GroupDoctor.Examine(Backend, group, s_watch).Findings);
            Assert.Equal("RPS5360", hung.Code);
            Assert.Equal([1], hung.Slot);
            Assert.Contains($"nginx {worker}", hung.Evidence, StringComparison.Ordinal);
            Signal("-CONT", worker);
            Assert.True(SpinWait.SpinUntil(() => GroupDoctor.Examine(Backend, group, s_watch).Findings.IsEmpty, TimeSpan.FromSeconds(10)));

            using ChildServer second = ChildServer.StartNginx(Namespace, 2);
            AwaitNginx(Workers + 2, holders: 3);
            Assert.Equal(["Error RPS5340", "Warning RPS5342"], Describe(GroupDoctor.Examine(Backend, group, s_watch)));
        }
        finally
        {
            groups.Remove(name, force: true);
        }
    }

    [Fact]
    public void One_worker_in_two_slots_two_at_one_socket_and_a_socket_that_nobody_serves()
    {
        const string Script = Preamble + """
            a, b, c, d = member(), member(), member(), member()
            thread(wait_at, a, b)
            thread(wait_at, c); thread(wait_at, c)
            ready()
            """;
        using ChildServer python = ChildServer.StartPython(Namespace, Script);
        GroupHealth health = Examine(TransportProtocol.Udp);
        Assert.Equal(["Warning RPS5343", "Warning RPS5356", "Information RPS5359"], Describe(health));
        Assert.Equal(2, health.Findings[0].Cookie.Length);
        Assert.Contains($"python3 {python.ProcessId}/", health.Findings[0].Evidence, StringComparison.Ordinal);
        Assert.DoesNotContain(Assert.Single(health.Findings[1].Cookie), health.Findings[0].Cookie);
    }

    [Fact]
    public void A_server_of_which_nobody_can_be_told()
    {
        const string Script = Preamble + """
            def choose(s):
                while True: select.select([s], [], [])
            thread(choose, member()); thread(choose, member())
            ready()
            """;
        using ChildServer python = ChildServer.StartPython(Namespace, Script);
        GroupHealth health = Examine(TransportProtocol.Udp);
        Assert.Equal(["Information RPS5357"], Describe(health));
        Assert.Equal(2, health.Findings[0].Cookie.Length);
        Assert.True(health.Passed);
    }

    [Fact]
    public void A_socket_of_another_program()
    {
        using ChildServer nginx = ChildServer.StartNginx(Namespace, 2);
        AwaitNginx(2);
        using ChildServer python = ChildServer.StartPython(Namespace, Preamble + "s = member(socket.SOCK_STREAM); thread(wait_at, s)\nready()");
        HealthFinding finding = Assert.Single(Examine(TransportProtocol.Tcp).Findings);
        Assert.Equal("RPS5341", finding.Code);
        Assert.Contains($"python3 ({python.ProcessId})", finding.Evidence, StringComparison.Ordinal);
        Assert.Contains("nginx (", finding.Evidence, StringComparison.Ordinal);
    }

    [Fact]
    public void An_MPTCP_listener_in_the_group()
    {
        LinuxSocket plain = Member(TransportProtocol.Tcp, "127.0.0.1:18080");
        LinuxSocket listener = ForeignSocket(domain: 2, type: 1, protocol: 262);
        listener.SetOption(SocketOption.ReusePort, 1);
        listener.Bind(IPEndPoint.Parse("127.0.0.1:18080"));
        listener.Listen(8);
        HealthFinding finding = Assert.Single(Examine(TransportProtocol.Tcp).Findings, finding => finding.Code != "RPS5357");
        Assert.Equal("RPS5348", finding.Code);
        Assert.DoesNotContain(plain.Cookie, finding.Cookie);
    }

    /// <summary>.NET's own socket with ReuseAddress, beside a program that does the same: both bind, and each gets a part.</summary>
    [Theory]
    [InlineData(TransportProtocol.Udp)]
    [InlineData(TransportProtocol.Tcp)]
    public void The_trap_of_ReuseAddress(TransportProtocol protocol)
    {
        string kind = protocol == TransportProtocol.Tcp ? "socket.SOCK_STREAM" : "socket.SOCK_DGRAM";
        using ChildServer python = ChildServer.StartPython(Namespace, Preamble + $"s = member({kind}, 1); thread(wait_at, s)\nready()");
        using Socket socket = Namespace.Run(() => protocol == TransportProtocol.Tcp
            ? new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
            : new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, ChildServer.Port));
        if (protocol == TransportProtocol.Tcp)
        {
            socket.Listen();
        }

        GroupHealth health = Examine(protocol);
        Assert.Equal(["Warning RPS5341", "Warning RPS5355"], Describe(health).Where(finding => !finding.EndsWith("RPS5357", StringComparison.Ordinal)));

        // Without the option on .NET's side the second bind fails, and there is nothing to find.
        using Socket plain = Namespace.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        Assert.Throws<SocketException>(() => plain.Bind(new IPEndPoint(IPAddress.Loopback, protocol == TransportProtocol.Udp ? ChildServer.Port : BindPlain())));

        int BindPlain()
        {
            LinuxSocket other = Socket(TransportProtocol.Udp, reusePort: false);
            other.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            return other.LocalEndPoint!.Port;
        }
    }

    /// <summary>In a process id namespace whose first process keeps the sockets, as systemd does for socket units: one service runs, the other does not.</summary>
    [Fact]
    public void Sockets_that_process_1_keeps()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/unshare"), "Needs unshare.");
        string shell = CmdletShell.In(Namespace).Assembly;
        string script = Path.Combine(Directory.CreateTempSubdirectory("reuseportps-health-").FullName, "test.ps1");
        File.WriteAllText(script, "Set-ReuseportBackend Linux\n(Test-ReuseportGroup -Port 18080 -Protocol Udp).Findings | ForEach-Object { \"$($_.Severity) $($_.Code)\" }");
        const string Init = Preamble + """
            import subprocess
            a, b = member(), member()
            if os.fork() == 0:
                b.close()
                while True: a.recvfrom(100)
            time.sleep(0.3)
            print(subprocess.run(["dotnet", sys.argv[1], sys.argv[2]], capture_output=True, text=True).stdout, flush=True)
            """;
        try
        {
            string[] arguments = ["--pid", "--fork", "--mount-proc", "--kill-child", "python3", "-c", Init, shell, script];
            using Process process = Namespace.Run(() => Process.Start(new ProcessStartInfo("/usr/bin/unshare", arguments) { UseShellExecute = false, RedirectStandardOutput = true }))!;
            string[] lines = process.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
            process.WaitForExit();
            Assert.Equal(["Error RPS5356", "Information RPS5358"], lines);
        }
        finally
        {
            Directory.Delete(Path.GetDirectoryName(script)!, recursive: true);
        }
    }

    private GroupHealth Examine(TransportProtocol protocol) =>
        GroupDoctor.Examine(Backend, Namespace, protocol, ChildServer.Port, address: null, new HashSet<KernelGroupKey>(), s_watch)!;

    private static string[] Describe(GroupHealth health) => [.. health.Findings.Select(finding => $"{finding.Severity} {finding.Code}")];

    private void AwaitNginx(int sockets, int holders = 0)
    {
        ImmutableArray<SurveyedSocket> found = [];
        Assert.True(
            SpinWait.SpinUntil(
                () => (found = Backend.Survey(new SocketQuery(TransportProtocol.Tcp, ChildServer.Port, Namespace: Namespace)).Sockets).Length == sockets
                    && found.All(socket => socket.Record.Owners.Length >= Math.Max(holders, 3) && socket.Workers is [{ ThreadId: not 0 }]),
                TimeSpan.FromSeconds(20)),
            string.Join("; ", found.Select(socket => $"{socket.Record.Inode}: {string.Join(", ", socket.Workers)}")));
    }

    private static void Signal(string signal, int processId)
    {
        using Process kill = Process.Start("kill", [signal, processId.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }
}
