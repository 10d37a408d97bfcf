using System.Collections.Immutable;
using System.Globalization;
using System.Net.Sockets;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Linux.Tests.Live.Servers;

/// <summary>
/// haproxy: a master and one process with a thread for each worker, and a socket for each thread. A reload hands the sockets over to a new process, where other threads serve them;
/// when the process dies the master ends too. An answer is the thread's number.
/// </summary>
internal sealed class HaproxyServer(LinuxNamespace place) : SteeredServer(place, "haproxy", "/usr/sbin/haproxy")
{
    private const int SignalUsr2 = 12;

    public override ImmutableArray<TransportProtocol> Protocols => [TransportProtocol.Tcp];

    // Growing costs nothing; of fewer threads, whose sockets are closed is not told before.
    public override Loss ResizeLoss => Loss.UnderWay;

    protected override string[] Arguments => ["-W", "-f", PathOf("haproxy.cfg")];

    public override void Reload() => Resize(Workers);

    public override void Resize(int workers)
    {
        ImmutableArray<int> former = Children();
        Configure(workers);
        WaitUntil("the master waits for signals", IsMasterWaiting);
        Signal("USR2", ProcessId);
        WaitUntil("another process is there", () => Children() is [int now] && !former.Contains(now));
    }

    public override void Crash()
    {
        Signal("KILL", Children()[0]);
        WaitForExit();
        Start(Workers);
    }

    public override string? Ask(Socket socket) => HttpAnswer.Read(socket);

    public override string NameOf(SocketWorker worker) => RankOf(worker);

    // A master that has started a process executes itself anew, to wait; a signal before that is lost.
    private bool IsMasterWaiting()
    {
        string status = File.ReadLines($"/proc/{Text(ProcessId)}/status").First(line => line.StartsWith("SigCgt:", StringComparison.Ordinal));
        return File.ReadAllText($"/proc/{Text(ProcessId)}/environ").Contains("HAPROXY_MWORKER_WAIT_ONLY=1", StringComparison.Ordinal)
            && (ulong.Parse(status.AsSpan("SigCgt:".Length).Trim(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture) & (1UL << (SignalUsr2 - 1))) != 0;
    }

    protected override void WriteConfiguration(int workers) => File.WriteAllText(PathOf("haproxy.cfg"), $"""
        global
            nbthread {Text(workers)}
            stats socket {Folder}/haproxy.sock mode 600 level admin expose-fd listeners
        defaults
            mode http
            timeout client 10s
            timeout server 10s
            timeout connect 10s
        frontend front
            bind {EndPoint} shards by-thread
            http-request return status 200 content-type text/plain lf-string "%[thread]"

        """);
}
