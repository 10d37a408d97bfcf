using ReuseportPS.Contract;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Simulator.Tests.Contract;

/// <summary>The simulator: clients and servers in one namespace, over loopback.</summary>
public sealed class SimulatorWorld : World
{
    private readonly SimulatorBackend _backend = new(new SimulatorOptions { Seed = 1, CpuCount = 2, InterpretedRuns = 1 });

    public SimulatorWorld() => Servers = _backend.CreateNamespace();

    public override IReuseportBackend Backend => _backend;

    public override INetworkNamespace Servers { get; }

    public override INetworkNamespace Clients => Servers;

    public override string Device => "lo";

    public override string? Lacks(Ability ability) => ability switch
    {
        Ability.Verifier => "The simulator loads programs without verifying them.",
        _ => null,
    };

    public override bool MigratesRequests
    {
        set => Network.TcpMigrateRequests = value;
    }

    public override int SynCookies
    {
        set => Network.SynCookies = (SynCookieUse)value;
    }

    public override int Mtu
    {
        get => Network.LoopbackMtu;
        set => Network.LoopbackMtu = value;
    }

    public override (long Success, long Failure) MigrationCounters => (Network.MigrationSuccesses, Network.MigrationFailures);

    private SimulatedNamespace Network => (SimulatedNamespace)Servers;

    public override IDisposable OnCpu(int cpu)
    {
        int before = _backend.CurrentCpu;
        _backend.CurrentCpu = cpu;
        return new Restore(() => _backend.CurrentCpu = before);
    }

    public override void Inject(byte[] packet)
    {
        Assert.Equal(ParseOutcome.Packet, PacketParser.Parse(LinkType.Raw, packet, packet.Length, out Packet parsed));
        _ = Network.Deliver(in parsed, _backend.CurrentCpu);
    }

    public override IBackendSocket CreateSocketAs(uint uid, SocketSpec spec) => _backend.CreateProcess("other user", uid).CreateSocket(spec, Servers);

    public override Stranger StartStranger(IReadOnlyList<SocketText> sockets, int port, int copies = 1)
    {
        SimulatedProcess process = _backend.CreateProcess("stranger");
        List<ulong> cookies = [];
        foreach (SocketText text in sockets.SelectMany(text => Enumerable.Repeat(text, copies)))
        {
            IBackendSocket socket = process.CreateSocket(text.ToSpec(this), Servers);
            socket.Bind(text.EndPoint(this, port));
            if (socket.Protocol == TransportProtocol.Tcp)
            {
                socket.Listen(128);
            }

            cookies.Add(socket.Cookie);
        }

        return new Stranger(process.ProcessId, cookies, process.Dispose);
    }

    protected override void Dispose(bool disposing)
    {
        Servers.Dispose();
        _backend.Dispose();
    }
}
