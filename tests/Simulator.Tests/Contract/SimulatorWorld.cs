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
        Ability.SocketFilters => "The simulator does not run SOCKET_FILTER programs.",
        Ability.Verifier => "The simulator loads programs without verifying them.",
        _ => null,
    };

    public override Stranger StartStranger(IReadOnlyList<SocketText> sockets, int port)
    {
        SimulatedProcess process = _backend.CreateProcess("stranger");
        List<ulong> cookies = [];
        foreach (SocketText text in sockets)
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
