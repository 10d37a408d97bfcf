using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Linux.Tests.Live.Servers;

/// <summary>
/// unbound: one process, a thread for each worker, and for each thread a UDP socket and a listener. A reload keeps the sockets and makes the threads anew; another number of threads
/// takes a restart. unbound's statistics tell how many queries each thread has had.
/// </summary>
internal sealed class UnboundServer(LinuxNamespace place) : SteeredServer(place, "unbound", "/usr/sbin/unbound")
{
    private const string Served = ".num.queries=";

    public override ImmutableArray<TransportProtocol> Protocols => [TransportProtocol.Udp, TransportProtocol.Tcp];

    // It closes the connections that it has.
    public override Loss ReloadLoss => Loss.UnderWay;

    protected override string[] Arguments => ["-d", "-c", PathOf("unbound.conf")];

    public override void Reload()
    {
        ImmutableHashSet<string> former = Threads();
        Control("reload");
        WaitUntil("other threads are there", () => Threads() is { } now && now.Count == Workers && now.Except(former).Count == Workers - 1);
        WaitUntil("it can be controlled", () => Control("status").Contains("is running", StringComparison.Ordinal));
    }

    public override string? Ask(Socket socket)
    {
        DnsAnswer.Read(socket);
        return null;
    }

    public override string NameOf(SocketWorker worker) => "thread" + RankOf(worker);

    public override ImmutableDictionary<string, long> ReadServed(RequestLoad load) => Control("stats_noreset").Split('\n')
        .Where(line => line.StartsWith("thread", StringComparison.Ordinal) && line.Contains(Served, StringComparison.Ordinal))
        .ToImmutableDictionary(
            line => line[..line.IndexOf('.', StringComparison.Ordinal)],
            line => long.Parse(line.AsSpan(line.IndexOf('=', StringComparison.Ordinal) + 1), CultureInfo.InvariantCulture));

    protected override void WriteConfiguration(int workers) => File.WriteAllText(PathOf("unbound.conf"), $"""
        server:
            directory: "{Folder}"
            chroot: ""
            username: ""
            pidfile: "{Folder}/unbound.pid"
            use-syslog: no
            logfile: "{Folder}/unbound.log"
            interface: {EndPoint.Address}
            port: {Text(EndPoint.Port)}
            num-threads: {Text(workers)}
            so-reuseport: yes
            do-daemonize: no
            do-ip6: no
            access-control: 127.0.0.0/8 allow
            module-config: "iterator"
            local-zone: "example." static
            local-data: "example. A 192.0.2.1"
        remote-control:
            control-enable: yes
            control-interface: "{Folder}/control"
            control-use-cert: no

        """);

    private ImmutableHashSet<string> Threads() => [.. Directory.GetDirectories($"/proc/{Text(ProcessId)}/task")];

    private string Control(string command)
    {
        using Process control = Process.Start(new ProcessStartInfo("/usr/sbin/unbound-control", ["-c", PathOf("unbound.conf"), command])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        string output = control.StandardOutput.ReadToEnd();
        control.WaitForExit();
        return output;
    }
}
