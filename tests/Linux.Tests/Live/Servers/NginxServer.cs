using System.Collections.Immutable;
using System.Net.Sockets;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Linux.Tests.Live.Servers;

/// <summary>nginx: one process for each worker; the master holds the sockets, whoever of them serves one. An answer is the worker's process id.</summary>
internal sealed class NginxServer(LinuxNamespace place) : SteeredServer(place, "nginx-light", "/usr/sbin/nginx")
{
    public override ImmutableArray<TransportProtocol> Protocols => [TransportProtocol.Tcp];

    public override Loss CrashLoss => Loss.UnderWay;

    public override Loss ResizeLoss => Loss.Nothing;

    public override bool ClosesLastSockets => true;

    protected override string[] Arguments => ["-p", Folder, "-e", PathOf("error.log"), "-c", PathOf("nginx.conf")];

    public override void Reload() => Resize(Workers);

    public override void Resize(int workers)
    {
        ImmutableArray<int> former = Children();
        Configure(workers);
        Signal("HUP", ProcessId);
        WaitUntil("other workers are there", () => Children() is { } now && now.Length == workers && !now.Intersect(former).Any());
    }

    public override void Crash()
    {
        ImmutableArray<int> former = Children();
        Signal("KILL", former[0]);
        WaitUntil("the worker has a successor", () => Children() is { } now && now.Length == Workers && !now.Contains(former[0]));
    }

    public override string? Ask(Socket socket) => HttpAnswer.Read(socket);

    public override string NameOf(SocketWorker worker) => Text(worker.ProcessId);

    protected override void WriteConfiguration(int workers) => NginxConfiguration.Write(Folder, workers, $"{EndPoint} reuseport", @"$pid\n");
}
