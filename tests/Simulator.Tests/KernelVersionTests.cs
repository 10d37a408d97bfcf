using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Helpers;
using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Programs;
using static ReuseportPS.Engine.Isa.Instructions;

namespace ReuseportPS.Simulator.Tests;

/// <summary>What docs/kernel-versions.md says of each version. None but 6.18 was compared with a kernel.</summary>
public sealed class KernelVersionTests
{
    public static TheoryData<string> Versions => ["5.10", "5.15", "6.1", "6.6", "6.12", "6.18"];

    [Theory]
    [MemberData(nameof(Versions))]
    public void What_is_not_checked_is_said(string version)
    {
        Host host = Of(version);
        Assert.Equal(version, host.Backend.Info.KernelVersion);
        Assert.Equal(version == "6.18", host.Backend.Info.Unchecked.IsEmpty);
        Assert.All(host.Backend.Info.Unchecked, finding => Assert.Contains(version, finding, StringComparison.Ordinal));
    }

    [Fact]
    public void NUMA_nodes_beyond_the_first_are_not_checked()
    {
        Assert.Empty(new SimulatorOptions { CpuCount = 2, NumaNodes = [0, 0] }.Unchecked);
        Assert.Single(new SimulatorOptions { CpuCount = 2, NumaNodes = [0, 1] }.Unchecked);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void Before_6_15_the_TCP_hash_takes_the_port_in(string version)
    {
        uint hash = HashOf(version, TransportProtocol.Tcp);
        Assert.Equal(version == "6.18", hash == HashOf("6.18", TransportProtocol.Tcp));
        Assert.True(version == "6.18" || hash == HashOf("5.10", TransportProtocol.Tcp));
        Assert.Equal(HashOf("6.18", TransportProtocol.Udp), HashOf(version, TransportProtocol.Udp));
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void Before_6_13_a_connected_socket_stays_a_member_and_the_hash_passes_over_it(string version)
    {
        Host host = Of(version);
        IBackendSocket[] members = host.OpenGroup(TransportProtocol.Udp, "127.0.0.1", 2);
        SocketRecord other = host.Backend.FindSockets(new SocketQuery(Cookie: members[1].Cookie))[0];
        members[0].Connect(Host.EndPoint("127.0.0.1", 9));
        bool leaves = version == "6.18";
        Assert.Equal(leaves ? [members[1].Cookie] : [members[0].Cookie, members[1].Cookie], host.Backend.MemberOrder(other));
        for (int port = 3000; port < 3020; port++)
        {
            Assert.Equal(members[1].Cookie, host.Deliver(TransportProtocol.Udp, "127.0.0.1", fromPort: port).Cookie);
        }

        Assert.Equal(members[0].Cookie, host.Deliver(TransportProtocol.Udp, "127.0.0.1", from: "127.0.0.1", fromPort: 9).Cookie);
        IBackendMap seats = host.SockArray(1);
        Assert.Equal(leaves ? Errno.EINVAL : Errno.None, Host.Outcome(() => seats.UpdateSocket(0, members[0])));
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void Before_6_1_the_incoming_cpu_does_not_count_in_a_group(string version)
    {
        Host host = Of(version);
        IBackendSocket[] members = host.OpenGroup(TransportProtocol.Udp, "127.0.0.1", 4);
        members[2].SetOption(SocketOption.IncomingCpu, 0);
        HashSet<ulong> receivers = [.. Enumerable.Range(3000, 50).Select(port => host.Deliver(TransportProtocol.Udp, "127.0.0.1", fromPort: port).Cookie)];
        Assert.Equal(version is "5.10" or "5.15" ? 4 : 1, receivers.Count);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void Since_5_14_connections_migrate(string version)
    {
        Host host = Of(version);
        host.Network.TcpMigrateRequests = true;
        IBackendSocket[] listeners = host.OpenGroup(TransportProtocol.Tcp, "127.0.0.1", 1);
        using IBackendSocket client = host.Socket(TransportProtocol.Tcp, "127.0.0.1");
        client.Connect(Host.EndPoint("127.0.0.1"));
        IBackendSocket heir = host.Open(TransportProtocol.Tcp, "127.0.0.1");
        listeners[0].Dispose();
        Assert.Equal(version == "5.10", heir.TryAccept(out _) is null);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void Helpers_come_with_their_version(string version)
    {
        Host host = Of(version);
        Version kernel = Version.Parse(version);
        Assert.Equal(kernel >= new Version(5, 14), Loads(HelperId.GetSocketCookie));
        Assert.Equal(kernel >= new Version(6, 10), Loads(HelperId.GetCurrentPidTgid));
        Assert.Equal(kernel >= new Version(6, 16), Loads(HelperId.GetCurrentUidGid));
        Assert.Equal(kernel >= new Version(6, 1), Loads(HelperId.KtimeGetTaiNanoseconds));
        Assert.True(Loads(HelperId.GetPrandomU32));

        bool Loads(int helper) => Host.Outcome(() => host.Backend.LoadProgram(Program(CallHelper(helper)), []).Dispose()) switch
        {
            Errno.None => true,
            Errno.EINVAL => false,
            Errno other => throw new InvalidOperationException($"{other}"),
        };
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Before_5_14_the_context_ends_before_the_socket(bool compiled)
    {
        foreach ((string version, DecisionKind kind) in ((string, DecisionKind)[])[("5.10", DecisionKind.ProgramFault), ("5.15", DecisionKind.ProgramFallback)])
        {
            Host host = new(new SimulatorOptions { KernelVersion = version, InterpretedRuns = compiled ? 0 : int.MaxValue });
            IBackendSocket member = host.Open(TransportProtocol.Udp, "127.0.0.1");
            member.AttachProgram(host.Backend.LoadProgram(Program(Load(MemorySize.DoubleWord, Register.R2, Register.R1, 40)), []));
            Assert.Equal(kind, host.Deliver(TransportProtocol.Udp, "127.0.0.1").Kind);
        }
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void Bloom_filters_came_with_5_16(string version)
    {
        MapSpec bloom = new("bloom", MapType.BloomFilter, 0, 4, 16);
        Assert.Equal(version is "5.10" or "5.15" ? Errno.EINVAL : Errno.None, Host.Outcome(() => Of(version).Backend.CreateMap(bloom)));
    }

    /// <summary>Instructions, and the first of the versions here that have them.</summary>
    [Theory]
    [InlineData("w0 += 1", "5.10")]
    [InlineData("if w0 == 0 goto +0", "5.10")]
    [InlineData("*(u64 *)(r10 - 8) = 1\nr1 = 1\nlock *(u64 *)(r10 - 8) += r1", "5.10")]
    [InlineData("*(u64 *)(r10 - 8) = 1\nr1 = 1\nr1 = atomic_fetch_add((u64 *)(r10 - 8), r1)", "5.15")]
    [InlineData("*(u64 *)(r10 - 8) = 1\nr1 = 1\nlock *(u64 *)(r10 - 8) |= r1", "5.15")]
    [InlineData("r0 s/= 2", "6.6")]
    [InlineData("r0 = (s8)r0", "6.6")]
    [InlineData("r0 = bswap16 r0", "6.6")]
    [InlineData("gotol +0", "6.6")]
    [InlineData("*(u64 *)(r10 - 8) = 1\nr0 = *(s32 *)(r10 - 8)", "6.6")]
    [InlineData("may_goto +0", "6.12")]
    [InlineData("*(u64 *)(r10 - 8) = 1\nr0 = load_acquire((u64 *)(r10 - 8))", "6.18")]
    public void Instructions_come_with_their_version(string text, string since)
    {
        ProgramReading reading = ProgramText.Read($"r0 = 1\n{text}\nr0 = 1\nexit\n", "test");
        Assert.Empty(reading.Diagnostics);
        foreach (string version in Versions.Select(row => row.Data))
        {
            bool loads = Host.Outcome(() => Of(version).Backend.LoadProgram(reading.Program!, []).Dispose()) == Errno.None;
            Assert.Equal(Version.Parse(version) >= Version.Parse(since), loads);
        }
    }

    [Theory]
    [InlineData("bpf_rcu_read_lock", "6.6")]
    [InlineData("bpf_iter_num_destroy", "6.6")]
    [InlineData("bpf_preempt_disable", "6.12")]
    [InlineData("bpf_local_irq_save", "6.18")]
    public void Kernel_functions_come_with_their_version(string function, string since)
    {
        ProgramSpec spec = Program(Move(Register.R1, Register.R10), CallKernel(0)) with { KernelFunctions = [function] };
        foreach (string version in Versions.Select(row => row.Data))
        {
            Errno outcome = Host.Outcome(() => Of(version).Backend.LoadProgram(spec, []).Dispose());
            Assert.Equal(Version.Parse(version) >= Version.Parse(since) ? Errno.None : Errno.EINVAL, outcome);
        }
    }

    [Fact]
    public void The_NUMA_node_is_that_of_the_cpu()
    {
        Host host = new(new SimulatorOptions { CpuCount = 3, NumaNodes = [0, 1, 1] });
        IBackendSocket member = host.Open(TransportProtocol.Udp, "127.0.0.1");

        // Passes on node 1, rejects on node 0.
        member.AttachProgram(host.Backend.LoadProgram(Program(CallHelper(HelperId.GetNumaNodeId), Exit()), []));
        Assert.Equal([DecisionKind.ProgramReject, DecisionKind.ProgramFallback, DecisionKind.ProgramFallback], Enumerable.Range(0, 3).Select(cpu =>
        {
            host.Backend.RunOn(cpu, null, () => host.Socket(TransportProtocol.Udp, "127.0.0.1").SendTo("x"u8, Host.EndPoint("127.0.0.1")));
            return host.Network.LastDecision.Kind;
        }));
    }

    private static Host Of(string version) => new(new SimulatorOptions { Seed = 1, KernelVersion = version });

    private static uint HashOf(string version, TransportProtocol protocol)
    {
        Host host = Of(version);
        host.Open(protocol, "127.0.0.1");
        return host.Deliver(protocol, "127.0.0.1").Hash;
    }

    private static ProgramSpec Program(params ReadOnlySpan<Instruction> code) => new(
        "test", ProgramType.SkReuseport, AttachType.SkReuseportSelect, [.. code, MoveImmediate(Register.R0, 1), Exit()], []);
}
