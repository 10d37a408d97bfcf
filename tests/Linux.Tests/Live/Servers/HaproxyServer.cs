using System.Collections.Immutable;
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
    public override ImmutableArray<TransportProtocol> Protocols => [TransportProtocol.Tcp];

    // Growing costs nothing; of fewer threads, whose sockets are closed is not told before.
    public override Loss ResizeLoss => Loss.UnderWay;

    protected override string[] Arguments => ["-W", "-S", PathOf("master.sock"), "-f", PathOf("haproxy.cfg")];

    public override void Reload() => Resize(Workers);

    public override void Resize(int workers)
    {
        ImmutableArray<int> former = Children();
        Configure(workers);
        AskMasterToReload();
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

    // A master that has just started its process executes itself anew, and a signal at that moment is lost; what is written to its socket waits.
    private void AskMasterToReload()
    {
        using Socket master = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        master.Connect(new UnixDomainSocketEndPoint(PathOf("master.sock")));
        master.Send("reload\n"u8);
        while (master.Receive(new byte[64]) > 0)
        {
        }
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
