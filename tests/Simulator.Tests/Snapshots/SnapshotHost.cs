using System.Net;
using System.Text;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Simulator.Snapshots;
using ReuseportPS.Yaml;

namespace ReuseportPS.Simulator.Tests.Snapshots;

/// <summary>A simulated host with groups, and snapshots of it.</summary>
internal sealed class SnapshotHost : IDisposable
{
    public static readonly PolicyText Text = new(PolicyYaml.Write, Read);

    public SnapshotHost(SimulatorOptions? options = null)
    {
        Backend = new SimulatorBackend(options ?? new SimulatorOptions { Seed = 3, CpuCount = 2 });
        Groups = new GroupCatalog(Backend, Text);
    }

    public SnapshotHost(HostSnapshot snapshot)
    {
        Groups = SnapshotRestorer.Restore(snapshot, Text);
        Backend = (SimulatorBackend)Groups.Backend;
    }

    public SimulatorBackend Backend { get; }

    public GroupCatalog Groups { get; }

    public static SteeringPolicy Read(string yaml)
    {
        PolicyReading reading = PolicyYaml.Read(yaml);
        return reading.Policy ?? throw new DiagnosticException(reading.Diagnostics);
    }

    /// <summary>A group with a policy, seats, states, loads, flows and counters of every kind that a snapshot keeps.</summary>
    public static SnapshotHost Full()
    {
        SnapshotHost host = new();
        ManagedGroup web = host.Groups.Open(new GroupOpenRequest("web", [TransportProtocol.Tcp, TransportProtocol.Udp], [IPAddress.Loopback, IPAddress.IPv6Any], 5443, 4));
        web.Apply(Read("""
            version: 1
            policy: web
            rules:
            - { name: kept, when: { source: 127.0.0.0/9 }, steer: { by: hash, to: [0, 1, 3], sticky: { entries: 100, idle: 10m } } }
            otherwise: { by: least-loaded }
            """));
        host.Talk(web);
        web.Change(new SlotChange([SlotItem.Of(0)]) { Load = 7 });
        host.Backend.LetTimePass(TimeSpan.FromSeconds(3));
        web.Change(new SlotChange([SlotItem.Of(3)]) { Load = 9 });
        web.Change(new SlotChange([SlotItem.Of(1)]) { State = SlotState.Draining });
        web.ClearSlots([SlotItem.Of(2)]);
        host.Groups.Open(new GroupOpenRequest("idle", [TransportProtocol.Udp], [IPAddress.Loopback], 5444, 2));
        return host;
    }

    /// <summary>A group with little in it.</summary>
    public static SnapshotHost Small()
    {
        SnapshotHost host = new();
        ManagedGroup web = host.Groups.Open(new GroupOpenRequest("web", [TransportProtocol.Tcp], [IPAddress.Loopback], 5443, 3));
        web.Apply(Read("version: 1\nrules:\n- { when: { source: 127.0.0.1 }, steer: { by: hash, sticky: { entries: 10, idle: 10m } } }\notherwise: { by: weighted, weights: { 0: 3, 1: 1 } }"));
        IBackendSocket client = host.Backend.CreateSocket(new SocketSpec(TransportProtocol.Tcp, IpFamily.V4, ReusePort: false));
        client.Connect(new IPEndPoint(IPAddress.Loopback, 5443));
        return host;
    }

    public HostSnapshot Snapshot() => new(
        Backend.Info, Backend.Options, false,
        [.. Groups.Names.Select(name => Groups.Find(name)!).Select(group => group.Capture(Connections(group)))]);

    public byte[] Document() => SnapshotWriter.Write(Snapshot());

    public string DocumentText() => Encoding.UTF8.GetString(Document());

    public IReadOnlyList<LiveConnection> Connections(ManagedGroup group) =>
    [
        .. group.KernelGroups.Select(key => (key.Protocol, key.Port)).Distinct().SelectMany(end => Backend.FindConnections(end.Protocol, end.Port))
            .Where(connection => group.KernelGroups.Any(key => key.Takes(connection))).DistinctBy(connection => connection.Cookie),
    ];

    public void Dispose()
    {
        Groups.Dispose();
        Backend.Dispose();
    }

    private void Talk(ManagedGroup group)
    {
        for (int number = 0; number < 40; number++)
        {
            bool isTcp = number % 2 == 0;
            bool isV4 = number % 3 != 0;
            IPEndPoint to = new(isV4 ? IPAddress.Loopback : IPAddress.IPv6Loopback, 5443);
            IBackendSocket client = Backend.CreateSocket(new SocketSpec(isTcp ? TransportProtocol.Tcp : TransportProtocol.Udp, isV4 ? IpFamily.V4 : IpFamily.V6, ReusePort: false));
            if (isTcp)
            {
                client.Connect(to);
            }
            else
            {
                client.SendTo([1, 2, 3], to);
            }
        }

        Assert.NotEqual(0UL, group.ReadCounters().First(counter => counter.Kind == CounterKind.StickyEntries).Value);
    }
}
