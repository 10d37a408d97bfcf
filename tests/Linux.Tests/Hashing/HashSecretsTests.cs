using System.Diagnostics;
using System.Net;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Simulator;
using ReuseportPS.Simulator.Hashing;

namespace ReuseportPS.Linux.Tests.Hashing;

/// <summary>The kernel's hash secrets, read or searched for: with them the simulator chooses the member that the kernel chooses.</summary>
public sealed class HashSecretsTests : LinuxTest
{
    private const int Members = 7;
    private const int Flows = 50;

    private static readonly (TransportProtocol, IpFamily)[] s_all =
    [
        (TransportProtocol.Udp, IpFamily.V4), (TransportProtocol.Tcp, IpFamily.V4), (TransportProtocol.Udp, IpFamily.V6), (TransportProtocol.Tcp, IpFamily.V6),
    ];

    [Fact]
    public void Read_secrets_predict_every_protocol_and_family()
    {
        HostHash host = Recover(search: false);
        Assert.False(host.WasSearched);
        Assert.All(s_all, kind => Assert.True(host.Covers(kind.Item1, kind.Item2), $"{kind}"));
        foreach ((TransportProtocol protocol, IpFamily family) in s_all)
        {
            Compare(host, protocol, family);
        }
    }

    [Fact]
    public void The_mix_of_another_namespace_is_another_and_the_secrets_are_the_same()
    {
        HostHash here = Recover(search: false);
        LinuxNamespace other = (LinuxNamespace)Own(Backend.CreateNamespace());
        HostHash there = HashRecovery.Recover(Backend.ReadHashEvidence(other), search: false)!;
        FlowKey flow = new(IpFamily.V4, TransportProtocol.Udp, 0x7f000001, 0x7f000001, 1000, 53);
        uint Hash(HostHash secrets, HostHash mix) => HashIn(secrets, mix, flow);
        Assert.Equal(Hash(here, there), Hash(there, there));
        Assert.NotEqual(Hash(here, here), Hash(there, there));
    }

    [Fact]
    public void Searched_secrets_predict_IPv4()
    {
        HashEvidence seen = Backend.ReadHashEvidence(Namespace);
        HashEvidence hashesOnly = new([.. s_all.SelectMany(kind => seen.GetObservations(kind.Item1, kind.Item2))], (_, _) => [], mix: null);
        long start = Stopwatch.GetTimestamp();
        HostHash host = HashRecovery.Recover(hashesOnly, cancellation: TestContext.Current.CancellationToken)!;
        TestContext.Current.SendDiagnosticMessage($"two IPv4 secrets searched for in {Stopwatch.GetElapsedTime(start).TotalSeconds:0.0} s");
        Assert.True(host.WasSearched);
        foreach ((TransportProtocol protocol, IpFamily family) in s_all)
        {
            Assert.Equal(family == IpFamily.V4, host.Covers(protocol, family));
            if (family == IpFamily.V4)
            {
                Compare(host, protocol, family);
            }
        }
    }

    private HostHash Recover(bool search)
    {
        HashEvidence evidence = Backend.ReadHashEvidence(Namespace);
        Assert.SkipWhen(evidence.GetMix() is null || evidence.GetWords(TransportProtocol.Udp, IpFamily.V4).IsEmpty, "Needs CAP_PERFMON, BTF, /proc/kallsyms and x86-64.");
        return HashRecovery.Recover(evidence, search)!;
    }

    private static uint HashIn(HostHash secrets, HostHash mix, FlowKey flow)
    {
        using SimulatorBackend simulator = new(new SimulatorOptions { HashSecrets = secrets.Secrets, TcpHashFormula = secrets.TcpFormula });
        SimulatedNamespace network = (SimulatedNamespace)simulator.CreateNamespace();
        mix.ApplyTo(network);
        using IBackendSocket member = simulator.CreateSocket(new SocketSpec(flow.Protocol, flow.Family), network);
        member.Bind(flow.DestinationEndPoint);
        byte[] datagram = new byte[28];
        datagram[25] = 8;
        Packet packet = new() { Timestamp = 0, Data = datagram, TransportOffset = 20, TransportLength = 8, Flow = flow };
        return network.Deliver(packet, 0).Hash;
    }

    private void Compare(HostHash host, TransportProtocol protocol, IpFamily family)
    {
        using SimulatorBackend simulator = new(new SimulatorOptions { HashSecrets = host.Secrets, TcpHashFormula = host.TcpFormula });
        INetworkNamespace network = simulator.CreateNamespace();
        host.ApplyTo((SimulatedNamespace)network);
        string address = family == IpFamily.V4 ? "10.1.2.3" : "[fd00::3]";
        IBackendSocket[] predicted = Open(simulator, network);
        IBackendSocket[] arrived = Open(Backend, Namespace);
        for (int i = 0; i < Flows; i++)
        {
            IPEndPoint source = IPEndPoint.Parse(family == IpFamily.V4 ? $"10.9.{i}.77:{2000 + i}" : $"[fd00:{i:x}::77]:{2000 + i}");
            Assert.Equal(WhoGets(simulator, network, predicted, source), WhoGets(Backend, Namespace, arrived, source));
        }

        foreach (IBackendSocket socket in (IBackendSocket[])[.. predicted, .. arrived])
        {
            socket.Dispose();
        }

        IBackendSocket[] Open(IReuseportBackend backend, INetworkNamespace place) => [.. Enumerable.Range(0, Members).Select(_ =>
        {
            IBackendSocket socket = backend.CreateSocket(new SocketSpec(protocol, family), place);
            socket.Bind(IPEndPoint.Parse(address + ":4444"));
            if (protocol == TransportProtocol.Tcp)
            {
                socket.Listen(64);
            }

            return socket;
        })];
    }

    private static int WhoGets(IReuseportBackend backend, INetworkNamespace place, IBackendSocket[] members, IPEndPoint source)
    {
        IPEndPoint destination = members[0].LocalEndPoint!;
        using IBackendSocket client = backend.CreateSocket(new SocketSpec(members[0].Protocol, members[0].Family, ReusePort: false), place);
        client.Bind(source);
        if (members[0].Protocol == TransportProtocol.Udp)
        {
            client.SendTo("hello"u8, destination);
        }
        else
        {
            client.Connect(destination);
        }

        IBackendSocket arrival = backend.WaitForArrival(members, TimeSpan.FromSeconds(5))!;
        if (members[0].Protocol == TransportProtocol.Udp)
        {
            arrival.TryReceive(new byte[16], out _, out _);
        }
        else
        {
            arrival.TryAccept(out _)!.Abort();
            client.Abort();
        }

        return Array.IndexOf(members, arrival);
    }
}
