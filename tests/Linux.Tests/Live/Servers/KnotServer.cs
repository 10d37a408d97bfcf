using System.Collections.Immutable;
using System.Globalization;
using System.Net.Sockets;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Linux.Tests.Live.Servers;

/// <summary>
/// knot: one process, with threads for UDP and others for TCP. A reload keeps sockets and threads; another number of threads takes a restart. Nothing tells who served but the threads
/// themselves: one that serves waits and is woken all the time (context switches), the others once in a second.
/// </summary>
internal sealed class KnotServer(LinuxNamespace place) : SteeredServer(place, "knot", "/usr/sbin/knotd")
{
    private const string Reloaded = "configuration reloaded";

    public override ImmutableArray<TransportProtocol> Protocols => [TransportProtocol.Udp];

    public override bool CountsRequests => false;

    protected override string[] Arguments => ["-c", PathOf("knot.conf")];

    public override void Reload()
    {
        int former = CountReloads();
        Signal("HUP", ProcessId);
        WaitUntil("it has read its configuration", () => CountReloads() > former);
    }

    public override string? Ask(Socket socket)
    {
        DnsAnswer.Read(socket);
        return null;
    }

    public override string NameOf(SocketWorker worker) => Text(worker.ThreadId);

    public override ImmutableDictionary<string, long> ReadServed(RequestLoad load) => Directory.GetDirectories($"/proc/{Text(ProcessId)}/task").ToImmutableDictionary(
        path => Path.GetFileName(path),
        path => File.ReadLines(Path.Combine(path, "status")).Where(line => line.Contains("ctxt_switches:", StringComparison.Ordinal))
            .Sum(line => long.Parse(line.AsSpan(line.IndexOf(':', StringComparison.Ordinal) + 1), NumberStyles.AllowLeadingWhite, CultureInfo.InvariantCulture)));

    protected override void WriteConfiguration(int workers)
    {
        Directory.CreateDirectory(PathOf("run"));
        File.WriteAllText(PathOf("example.zone"), """
            example. 3600 SOA ns.example. host.example. 1 3600 600 86400 60
            example. 3600 NS ns.example.
            example. 3600 A 192.0.2.1
            ns.example. 3600 A 192.0.2.2

            """);
        File.WriteAllText(PathOf("knot.conf"), $"""
            server:
                rundir: "{Folder}/run"
                listen: {EndPoint.Address}@{Text(EndPoint.Port)}
                udp-workers: {Text(workers)}
                tcp-workers: 1
                background-workers: 1
                dbus-event: none
            database:
                storage: "{Folder}/db"
            log:
              - target: "{Folder}/knot.log"
                any: info
            zone:
              - domain: example.
                file: "{Folder}/example.zone"
                zonefile-sync: -1
                journal-content: none

            """);
    }

    private int CountReloads() => File.ReadLines(PathOf("knot.log")).Count(line => line.Contains(Reloaded, StringComparison.Ordinal));
}
