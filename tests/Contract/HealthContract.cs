using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Backends.Health;
using ReuseportPS.Engine.Classic;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Contract;

/// <summary>The doctor finds nothing in a healthy group, and each fault that is made, by its code and severity; nothing else.</summary>
public abstract class HealthContract<TWorld>(TWorld world) : GroupTest<TWorld>(world)
    where TWorld : World
{
    private const string Hash = "by: hash";
    private static readonly TimeSpan s_watch = TimeSpan.FromMilliseconds(40);

    [Fact]
    public void In_a_healthy_own_group_nothing_is_found()
    {
        ManagedGroup group = Catalog().Open(Request());
        Assert.Equal([], Examine(group).Findings);
        group.Apply(Policy(Hash));
        GroupHealth health = Examine(group);
        Assert.Equal([], health.Findings);
        Assert.True(health.Passed);
        Assert.Null(health.Severity);
    }

    [Theory]
    [InlineData("udp4", "udp6")]
    [InlineData("tcp4", "tcp6")]
    [InlineData("udp4 any", "tcp6 any v6only")]
    public void In_a_healthy_adopted_group_nothing_is_found(string one, string other)
    {
        _ = OpenMany(one, 2);
        _ = OpenMany(other, 2);
        using ManagedGroup group = Adopt();
        Assert.Equal([], Found(group));
        group.Apply(Policy(Hash));
        Assert.Equal([], Found(group));
    }

    [Theory]
    [InlineData("udp4")]
    [InlineData("tcp6")]
    public void A_member_without_a_seat(string kind)
    {
        _ = OpenMany(kind, 2);
        using ManagedGroup group = Adopt();
        IBackendSocket newcomer = Open(kind);
        Assert.Equal(["Warning RPS5340"], Found(group));
        group.Apply(Policy(Hash));
        HealthFinding finding = Assert.Single(Worth(Examine(group)));
        Assert.Equal((DiagnosticSeverity.Error, "RPS5340"), (finding.Severity, finding.Code));
        Assert.Equal([newcomer.Cookie], finding.Cookie);
        Assert.Equal(group.KernelGroups[0], finding.KernelGroup);
        Assert.Contains($"Sync-ReuseportGroup {group.Name}", finding.Remedy, StringComparison.Ordinal);
        group.Synchronize();
        Assert.Equal([], Found(group));
    }

    /// <summary>On Linux the stranger is another process of the same program, on the simulator of another one.</summary>
    [Fact]
    public void Another_server_in_the_group()
    {
        _ = OpenMany("udp4", 2);
        using ManagedGroup group = Adopt();
        using Stranger stranger = World.StartStranger([SocketText.Parse("udp4")], Port, copies: 2);
        string whose = Backend.Info.Kind == BackendKind.Linux ? "Warning RPS5342" : "Warning RPS5341";
        Assert.Equal(["Warning RPS5340", whose], Found(group));
        group.Synchronize();
        HealthFinding finding = Assert.Single(Worth(Examine(group)), finding => finding.Code is "RPS5341" or "RPS5342");
        Assert.Equal(stranger.Cookies.Order(), finding.Cookie.Order());
        Assert.Equal([2, 3], finding.Slot);
    }

    [Fact]
    public void An_empty_seat()
    {
        List<IBackendSocket> members = [.. OpenMany("udp4", 4)];
        using ManagedGroup group = Adopt();
        members[1].Dispose();
        Assert.True(Becomes(() => group.ReadSlots()[1].Seats[0].Cookie == 0));
        Assert.Equal(["Information RPS5349"], Found(group));
        group.Apply(Policy(Hash));
        HealthFinding finding = Assert.Single(Worth(Examine(group)));
        Assert.Equal((DiagnosticSeverity.Warning, "RPS5349"), (finding.Severity, finding.Code));
        Assert.Equal([1], finding.Slot);
        Assert.Contains("slot 1.", finding.Evidence, StringComparison.Ordinal);
        group.Change(new SlotChange([SlotItem.Of(1)]) { State = SlotState.Draining });
        Assert.Equal(["Information RPS5349"], Found(group));
        Assert.True(Examine(group).Passed);
    }

    [Fact]
    public void Nobody_is_left()
    {
        ImmutableArray<IBackendSocket> members = OpenMany("tcp4", 2);
        using ManagedGroup group = Adopt();
        foreach (IBackendSocket member in members)
        {
            member.Dispose();
        }

        Assert.True(Becomes(() => group.ReadSlots().All(slot => slot.Seats[0].Cookie == 0)));
        Assert.Equal(["Error RPS5350"], Found(group));
    }

    [Fact]
    public void A_member_that_was_connected()
    {
        ImmutableArray<IBackendSocket> members = OpenMany("udp4", 3);
        using ManagedGroup group = Adopt();
        group.Apply(Policy(Hash));
        members[2].Connect(new IPEndPoint(World.ClientV4, 9));
        Assert.Equal(["Warning RPS5344", "Warning RPS5349"], Found(group));
    }

    /// <summary>Bound to no address, a socket has one once it is connected, and is still the group's.</summary>
    [Theory]
    [InlineData("udp4")]
    [InlineData("udp4 any")]
    [InlineData("udp6 any")]
    public void A_server_that_binds_and_connects_is_told_and_not_blamed(string kind)
    {
        _ = OpenMany(kind, 2);
        using ManagedGroup group = Adopt();
        group.Apply(Policy(Hash));
        IBackendSocket connected = Open(kind);
        connected.Connect(new IPEndPoint(kind.StartsWith("udp6", StringComparison.Ordinal) ? World.ClientV6 : World.ClientV4, 9));
        HealthFinding finding = Assert.Single(Worth(Examine(group)));
        Assert.Equal((DiagnosticSeverity.Information, "RPS5344"), (finding.Severity, finding.Code));
        Assert.Equal([connected.Cookie], finding.Cookie);
        Assert.True(Examine(group).Passed);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_orphan(bool byOption)
    {
        ImmutableArray<IBackendSocket> members = OpenMany("udp4", 3);
        using ManagedGroup group = Adopt();
        group.Apply(Policy(Hash));
        if (byOption)
        {
            // SO_REUSEADDR on both lets it bind without SO_REUSEPORT; set afterwards, the option makes no member of it.
            members[0].SetOption(SocketOption.ReuseAddress, 1);
            members[1].SetOption(SocketOption.ReuseAddress, 1);
            members[2].SetOption(SocketOption.ReuseAddress, 1);
            IBackendSocket late = Open("udp4 -reuseport reuseaddr");
            late.SetOption(SocketOption.ReusePort, 1);
            Assert.Equal(["Error RPS5345"], Found(group));
            return;
        }

        members[0].Connect(new IPEndPoint(World.ClientV4, 9));
        members[0].Disconnect();
        Assert.Equal(["Error RPS5345", "Warning RPS5349"], Found(group));
    }

    [Fact]
    public void A_TCP_socket_that_does_not_listen()
    {
        ImmutableArray<IBackendSocket> members = OpenMany("tcp4", 3);
        using ManagedGroup group = Adopt();
        group.Apply(Policy(Hash));
        IBackendSocket bound = Bind("tcp4");
        HealthFinding finding = Assert.Single(Worth(Examine(group)));
        Assert.Equal((DiagnosticSeverity.Warning, "RPS5346"), (finding.Severity, finding.Code));
        Assert.Equal([bound.Cookie], finding.Cookie);
        bound.Dispose();
        members[1].Shutdown(SocketShutdown.Receive);
        Assert.True(Becomes(() => group.ReadSlots()[1].Seats[0].Cookie == 0));
        Assert.Equal(["Warning RPS5346", "Warning RPS5349"], Found(group));
    }

    [Fact]
    public void A_listener_of_an_own_group_that_was_shut_down()
    {
        ManagedGroup group = Catalog().Open(Request());
        int tcp = group.KernelGroups.IndexOf(group.KernelGroups.First(key => key.Protocol == TransportProtocol.Tcp));
        group.OwnSockets[tcp][0].Shutdown(SocketShutdown.Receive);
        Assert.True(Becomes(() => group.ReadSlots()[0].Seats[tcp].Cookie == 0));
        Assert.Equal(["Error RPS5346", "Information RPS5349"], Found(group));
    }

    [Fact]
    public void The_option_is_off()
    {
        ImmutableArray<IBackendSocket> members = OpenMany("udp4", 2);
        using ManagedGroup group = Adopt();
        members[1].SetOption(SocketOption.ReusePort, 0);
        HealthFinding finding = Assert.Single(Worth(Examine(group)));
        Assert.Equal((DiagnosticSeverity.Error, "RPS5347"), (finding.Severity, finding.Code));
        Assert.Equal([1], finding.Slot);
    }

    [Theory]
    [InlineData("Program")]
    [InlineData("Classic")]
    [InlineData("None")]
    public void A_program_that_is_not_ours(string what)
    {
        ImmutableArray<IBackendSocket> members = OpenMany("udp4", 2);
        using ManagedGroup group = Adopt();
        group.Apply(Policy(Hash));
        switch (what)
        {
            case "Program":
                members[0].AttachProgram(Load(TestPrograms.Return(1)));
                break;
            case "Classic":
                members[0].AttachClassicProgram(new ClassicProgram([new ClassicInstruction((ushort)ClassicCode.Return, 0, 0, 0)]));
                break;
            default:
                members[0].DetachProgram();
                break;
        }

        Assert.Equal([what == "None" ? "Error RPS5352" : "Error RPS5351"], Found(group));
        group.Synchronize(force: true);
        if (what == "None")
        {
            Assert.Equal([], Found(group));
        }
    }

    [Theory]
    [InlineData("udp4", "udp4 any", "address")]
    [InlineData("udp4 any", "udp4 any device", "device")]
    [InlineData("udp6 any", "udp6 any v6only", "IPV6_V6ONLY")]
    [InlineData("tcp4", "tcp6 any", "family")]
    [InlineData("tcp4", "tcp6 mapped", "family")]
    public void Sockets_split_over_groups(string adopted, string other, string difference)
    {
        _ = OpenMany(adopted, 2);
        using ManagedGroup group = Adopt();
        IBackendSocket beside = Open(other);
        HealthFinding finding = Assert.Single(Worth(Examine(group)));
        Assert.Equal((DiagnosticSeverity.Warning, "RPS5353"), (finding.Severity, finding.Code));
        Assert.Equal([beside.Cookie], finding.Cookie);
        Assert.Contains($"by {difference}", finding.Evidence, StringComparison.Ordinal);
    }

    /// <summary>What another server does at another address of the port is not this group's business.</summary>
    [Fact]
    public void Another_address_of_the_port_is_no_split()
    {
        _ = OpenMany("udp4", 2);
        using ManagedGroup group = Adopt();
        using Stranger stranger = World.StartStranger([SocketText.Parse("udp4 other")], Port);
        Assert.Equal([], Found(group));
    }

    /// <summary>SO_REUSEADDR on all of them lets sockets of two users have one UDP address; they are two groups.</summary>
    [Fact]
    public void Sockets_of_another_user()
    {
        _ = OpenMany("udp4 reuseaddr", 2);
        using ManagedGroup group = Adopt();
        IBackendSocket other = Keep(World.CreateSocketAs(1000, SocketText.Parse("udp4").ToSpec(World)));
        other.SetOption(SocketOption.ReuseAddress, 1);
        other.Bind(SocketText.Parse("udp4").EndPoint(World, Port));
        HealthFinding finding = Assert.Single(Worth(Examine(group)));
        Assert.Equal((DiagnosticSeverity.Warning, "RPS5354"), (finding.Severity, finding.Code));
        Assert.Contains("1000", finding.Evidence, StringComparison.Ordinal);
    }

    [Fact]
    public void A_worker_that_hangs()
    {
        ImmutableArray<IBackendSocket> members = OpenMany("tcp4", 2);
        using ManagedGroup group = Adopt();
        group.Apply(Policy("by: slot, slot: 1"));
        _ = ConnectClient("tcp4");
        _ = ConnectClient("tcp4");
        Assert.NotNull(Backend.WaitForArrival([members[1]], TimeSpan.FromSeconds(2)));
        HealthFinding finding = Assert.Single(Worth(Examine(group)));
        Assert.Equal((DiagnosticSeverity.Error, "RPS5360"), (finding.Severity, finding.Code));
        Assert.Equal([1], finding.Slot);
        Assert.Contains("2 at first and 2 of 128", finding.Evidence, StringComparison.Ordinal);

        // Whoever takes from the queue while it is watched does not hang, though one look is like another.
        IBackendSocket? taken = null;
        Assert.Equal([], Found(group, new TimedBackend(Backend, () => taken = members[1].TryAccept(out _))));
        taken!.Dispose();
        Assert.Equal(["Error RPS5360"], Found(group));
        members[1].TryAccept(out _)!.Dispose();
        Assert.Equal([], Found(group));
    }

    [Fact]
    public void A_worker_that_reads_no_datagrams()
    {
        ImmutableArray<IBackendSocket> members = OpenMany("udp4", 2);
        using ManagedGroup group = Adopt();
        group.Apply(Policy("by: slot, slot: 0"));
        Send(1);
        Assert.NotNull(Backend.WaitForArrival([members[0]], TimeSpan.FromSeconds(2)));
        Assert.Equal(["Error RPS5360"], Found(group));
    }

    /// <summary>The backlog is 1, so that two wait and no third has room; one was taken while it was watched, and another came.</summary>
    [Fact]
    public void A_queue_that_is_full()
    {
        IBackendSocket listener = Bind("tcp4");
        listener.Listen(1);
        using ManagedGroup group = Adopt();
        _ = ConnectClient("tcp4");
        _ = ConnectClient("tcp4");
        Assert.NotNull(Backend.WaitForArrival([listener], TimeSpan.FromSeconds(2)));
        TimedBackend backend = new(Backend, () => Keep(listener.TryAccept(out _)!), () => ConnectClient("tcp4"));
        Assert.Equal(["Error RPS5361"], Found(group, backend));
    }

    [Fact]
    public void Draining_without_migration()
    {
        _ = OpenMany("tcp4", 2);
        using ManagedGroup group = Adopt();
        group.Apply(Policy(Hash));
        group.Change(new SlotChange([SlotItem.Of(1)]) { State = SlotState.Draining });
        HealthFinding finding = Assert.Single(Worth(Examine(group)));
        Assert.Equal((DiagnosticSeverity.Warning, "RPS5362"), (finding.Severity, finding.Code));
        Assert.Equal([1], finding.Slot);
        World.MigratesRequests = true;
        try
        {
            Assert.Equal([], Found(group));
        }
        finally
        {
            World.MigratesRequests = false;
        }

        group.Apply(Policy("version: 1\npolicy: simple\nmigrate: policy\notherwise: { by: hash }"));
        Assert.Equal([], Found(group));
    }

    [Fact]
    public void SYN_cookies_for_every_connection()
    {
        _ = OpenMany("tcp4", 2);
        using ManagedGroup group = Adopt();
        World.SynCookies = 2;
        try
        {
            Assert.Equal([], Found(group));
            group.Apply(Policy(Hash));
            Assert.Equal(["Warning RPS5363"], Found(group));
        }
        finally
        {
            World.SynCookies = 1;
        }
    }

    [Fact]
    public void A_flow_table_that_is_nearly_full()
    {
        ImmutableArray<IBackendSocket> members = OpenMany("udp4", 2);
        using ManagedGroup group = Adopt();
        group.Apply(Policy("by: hash, sticky: { entries: 128, idle: 60s }"));
        Send(50, members);
        Assert.Equal([], Found(group));
        Send(250, members);
        HealthFinding finding = Assert.Single(Worth(Examine(group)));
        Assert.Equal((DiagnosticSeverity.Warning, "RPS5364"), (finding.Severity, finding.Code));
        Assert.Contains("'otherwise'", finding.Evidence, StringComparison.Ordinal);
    }

    [Fact]
    public void A_group_in_another_network_namespace_could_not_be_looked_at()
    {
        _ = OpenMany("udp4", 2);
        Adopt().Dispose();
        using GroupCatalog elsewhere = new(Backend, new PolicyText(_ => "", Policy));
        using ManagedGroup group = elsewhere.Find(Name)!;
        GroupHealth health = Examine(group);
        HealthFinding finding = Assert.Single(health.Findings);
        Assert.Equal((DiagnosticSeverity.Warning, "RPS5366"), (finding.Severity, finding.Code));
        Assert.Contains($"network namespace {World.Servers.Id}", finding.Evidence, StringComparison.Ordinal);
        Assert.False(health.Passed);
    }

    [Fact]
    public void Sockets_that_no_group_has()
    {
        Assert.Null(ExaminePort());
        IBackendSocket plain = Open("udp4 -reuseport");
        Assert.Equal(["Error RPS5347"], Describe(ExaminePort()!));
        plain.Dispose();
        _ = OpenMany("udp4", 2);
        _ = OpenMany("udp6", 2);
        Assert.Equal([], Describe(ExaminePort()!));
        _ = Open("udp4 any");
        Assert.Equal(["Warning RPS5353"], Describe(ExaminePort()!));
        IBackendSocket member = Open("tcp4");
        member.AttachProgram(Load(TestPrograms.Return(1)));
        Assert.Equal(["Warning RPS5351", "Warning RPS5353"], Describe(ExaminePort()!));
        Assert.Equal(["Warning RPS5351"], Describe(GroupDoctor.Examine(Backend, World.Servers, TransportProtocol.Tcp, Port, World.ServerV4, new HashSet<KernelGroupKey>(), s_watch)!));

        // What a group has is left out, and looked at with the group.
        using ManagedGroup group = Catalog().Adopt(new GroupAdoptRequest(Name, TransportProtocol.Udp, Port, World.ServerV4, [], World.Servers));
        GroupHealth rest = GroupDoctor.Examine(Backend, World.Servers, TransportProtocol.Udp, Port, address: null, group.KernelGroups.ToHashSet(), s_watch)!;
        Assert.Equal([], Describe(rest));

        // The wildcard takes its packets, and the sockets of IPv6 are of its server.
        Assert.Equal(["Warning RPS5353", "Warning RPS5353"], Found(group));
    }

    private GroupHealth? ExaminePort() => GroupDoctor.Examine(Backend, World.Servers, protocol: null, Port, address: null, new HashSet<KernelGroupKey>(), s_watch);

    private ManagedGroup Adopt() => Catalog().Adopt(new GroupAdoptRequest(Name, null, Port, null, [], World.Servers));

    private GroupHealth Examine(ManagedGroup group, IReuseportBackend? backend = null) => GroupDoctor.Examine(backend ?? Backend, group, s_watch);

    private string[] Found(ManagedGroup group, IReuseportBackend? backend = null) => Describe(Examine(group, backend));

    private static string[] Describe(GroupHealth health) => [.. Worth(health).Select(finding => $"{finding.Severity} {finding.Code}")];

    /// <summary>Without who serves the sockets: on Linux this process does not wait for them.</summary>
    private static IEnumerable<HealthFinding> Worth(GroupHealth health) => health.Findings.Where(finding => finding.Code != "RPS5357");

    /// <summary>Sends datagrams from ports of their own to the server; what arrives at members is taken.</summary>
    private void Send(int count, params IEnumerable<IBackendSocket> readers)
    {
        byte[] buffer = new byte[16];
        for (int sent = 0; sent < count; sent++)
        {
            FlowKey flow = World.NextFlow(TransportProtocol.Udp, IpFamily.V4, Port);
            using IBackendSocket client = Backend.CreateSocket(new SocketSpec(TransportProtocol.Udp, IpFamily.V4, ReusePort: false), World.Clients);
            client.Bind(flow.SourceEndPoint);
            client.SendTo([1, 2, 3, 4], flow.DestinationEndPoint);
            foreach (IBackendSocket reader in readers)
            {
                while (reader.TryReceive(buffer, out _, out _))
                {
                }
            }
        }
    }
}
