using System.Net;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Backends.Health;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Linux.Interop;
using ReuseportPS.Linux.Pins;

namespace ReuseportPS.Linux.Tests;

/// <summary>What works and what is said on a thread that has given up its capabilities.</summary>
public sealed class PrivilegeTests : LinuxTest
{
    private const int CapPerfmon = 38;
    private const int CapBpf = 39;
    private const int Nobody = 65534;

    [Fact]
    public void Without_capabilities_each_refusal_names_what_is_missing()
    {
        using ChildServer nginx = ChildServer.StartNginx(Namespace, 1);
        SocketRecord? member = null;
        Assert.True(SpinWait.SpinUntil(
            () => (member = Backend.FindSockets(new SocketQuery(TransportProtocol.Tcp, ChildServer.Port, Namespace: Namespace)).SingleOrDefault()) is not null,
            TimeSpan.FromSeconds(20)));
        With([], backend =>
        {
            Refused(() => backend.CreateMap(SockArray(1)), Errno.EPERM, "RPS5010", "CAP_BPF");
            Refused(() => backend.LoadProgram(Return(1), []), Errno.EPERM, "RPS5060", "CAP_BPF");
            Refused(() => backend.CreateNamespace(), Errno.EPERM, "RPS5075", "CAP_SYS_ADMIN");
            Refused(() => backend.OpenProgram(1), Errno.EPERM, "RPS5067", "CAP_SYS_ADMIN");
            Refused(() => backend.AcquireSocket(member!), Errno.EPERM, "RPS5071", "CAP_SYS_PTRACE");
            Attachment attachment = backend.InspectAttachment(member!);
            Assert.Equal(AttachmentState.Unknown, attachment.State);
            Assert.Contains("CAP_PERFMON", attachment.Reason, StringComparison.Ordinal);
            Assert.Null(backend.MemberOrder(member!));
            Assert.NotNull(backend.FindSockets(new SocketQuery()));
            using IBackendSocket own = backend.CreateSocket(new SocketSpec(TransportProtocol.Udp, IpFamily.V4));
            own.Bind(new IPEndPoint(IPAddress.Loopback, 0));

            IReadOnlyList<EnvironmentCheck> checks = backend.CheckEnvironment();
            foreach (string name in (string[])["map ReuseportSockArray", "program SkReuseport", "helper bpf_skb_load_bytes", "CAP_BPF", "CAP_SYS_PTRACE", "group inspection", "network namespaces"])
            {
                EnvironmentCheck check = checks.Single(check => check.Name == name);
                Assert.False(check.Passed, name);
                Assert.NotEmpty(check.Fix!);
                Assert.False(check.State.EndsWith('.'), check.State); // a sentence goes on after it
            }

            Assert.True(checks.Single(check => check.Name == "sock_diag").Passed);
            Assert.Contains("Simulator", checks.Single(check => check.Name == "network namespaces").Fix, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void With_CAP_BPF_alone_one_steers_one_s_own_sockets() => With([CapBpf], backend =>
    {
        using IBackendSocket socket = backend.CreateSocket(new SocketSpec(TransportProtocol.Udp, IpFamily.V4));
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using IBackendMap map = backend.CreateMap(SockArray(32768));
        map.UpdateSocket(0, socket);
        using IBackendMap outer = backend.CreateMap(new MapSpec("outer", MapType.ArrayOfMaps, 4, 4, 1) { Inner = new MapSpec("inner", MapType.Array, 4, 4, 1) });
        using IBackendProgram program = backend.LoadProgram(SelectSlot(0, map.Spec), [map]);
        socket.AttachProgram(program);
        socket.DetachProgram();
        backend.WaitForReaders();
        SocketRecord record = Assert.Single(backend.FindSockets(new SocketQuery(Cookie: socket.Cookie)));
        using IBackendSocket copy = backend.AcquireSocket(record);
        Assert.Equal(AttachmentState.Unknown, backend.InspectAttachment(record).State);
    });

    [Fact]
    public void With_CAP_BPF_and_CAP_PERFMON_groups_are_seen() => With([CapBpf, CapPerfmon], backend =>
    {
        using IBackendSocket socket = backend.CreateSocket(new SocketSpec(TransportProtocol.Udp, IpFamily.V4));
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using IBackendProgram program = backend.LoadProgram(Return(1), []);
        socket.AttachProgram(program);
        SocketRecord record = Assert.Single(backend.FindSockets(new SocketQuery(Cookie: socket.Cookie)));
        Assert.Equal(new Attachment(AttachmentState.Program, program.Id, program.Tag), backend.InspectAttachment(record));
        Assert.Equal([socket.Cookie], backend.MemberOrder(record));
    });

    [Fact]
    public void With_CAP_BPF_alone_hashes_are_seen_and_no_memory() => With([CapBpf], backend =>
    {
        HashEvidence evidence = backend.ReadHashEvidence();
        Assert.Equal(4, evidence.GetObservations(TransportProtocol.Tcp, IpFamily.V4).Length);
        Assert.Empty(evidence.GetWords(TransportProtocol.Tcp, IpFamily.V4));
        Assert.Null(evidence.GetMix());
    });

    [Fact]
    public void With_everything_every_check_passes_or_says_what_to_do()
    {
        IReadOnlyList<EnvironmentCheck> checks = Backend.CheckEnvironment();
        Assert.Equal(checks.Count, checks.Select(check => check.Name).Distinct().Count());
        Assert.All(checks, check =>
        {
            Assert.NotEmpty(check.State);
            Assert.NotEmpty(check.Why);
            Assert.True(check.Passed || !string.IsNullOrEmpty(check.Fix), check.Name);
        });
        foreach (string name in (string[])[
            "kernel", "bpf(2)", "map ReuseportSockArray", "map RingBuf", "program SkReuseport", "helper bpf_sk_select_reuseport", "helper bpf_map_lookup_elem", "helper bpf_tail_call",
            "helper bpf_ringbuf_output", "helper bpf_ktime_get_boot_ns", "sock_diag", "pidfd_getfd", "network namespaces", "user namespace", "RLIMIT_MEMLOCK"])
        {
            Assert.True(checks.Single(check => check.Name == name).Passed, name);
        }
    }

    /// <summary>What cannot be looked at is found, and the test has not passed.</summary>
    [Fact]
    public void Without_capabilities_the_doctor_says_what_it_could_not_look_at()
    {
        using ChildServer nginx = ChildServer.StartNginx(Namespace, 2);
        Assert.True(SpinWait.SpinUntil(
            () => Backend.FindSockets(new SocketQuery(TransportProtocol.Tcp, ChildServer.Port, Namespace: Namespace)) is { Count: 2 } found && found.All(member => member.Owners.Length == 3),
            TimeSpan.FromSeconds(20)));
        With([], backend =>
        {
            GroupHealth health = GroupDoctor.Examine(
                backend, Namespace, TransportProtocol.Tcp, ChildServer.Port, address: null, new HashSet<KernelGroupKey>(), TimeSpan.FromMilliseconds(20))!;
            Assert.False(health.Passed);
            string[] evidence = [.. health.Findings.Where(finding => finding.Code == "RPS5366").Select(finding => finding.Evidence)];
            Assert.Contains(evidence, text => text.Contains("CAP_BPF and CAP_PERFMON", StringComparison.Ordinal));
            Assert.Contains(evidence, text => text.Contains("CAP_SYS_PTRACE", StringComparison.Ordinal));
            Assert.All(health.Findings, finding => Assert.Equal("RPS5366", finding.Code));
        }, user: 4321); // not the workers' own, to whom they show themselves once they have begun
    }

    [Theory]
    [InlineData(new int[0], "")]
    [InlineData(new[] { CapBpf }, "")]
    [InlineData(new[] { CapBpf }, "/deeper")]
    public void A_pin_directory_of_another_user_is_empty_to_look_at_and_refuses_a_group(int[] capabilities, string below)
    {
        PrivateBpffs bpffs = Own(new PrivateBpffs());
        Assert.SkipUnless(bpffs.IsMounted, "Needs to mount a BPF file system.");
        LinuxBackendOptions options = new() { PinDirectory = bpffs.Path + below + "/groups" };
        if (below.Length > 0)
        {
            Assert.Equal(0, Sys.mkdirat(bpffs.Path + below, BpffsDirectory.OwnerOnly));
        }

        Check(); // before and after the first group of the owner
        using (LinuxBackend root = new(options))
        {
            using IPinFolder folder = root.Pins.Create("web");
            folder.Publish();
        }

        Check();

        void Check() => With(
            capabilities,
            backend =>
            {
                Assert.Empty(backend.Pins.List());
                Assert.Null(backend.Pins.Open("web"));
                foreach (string remedy in (string[])["root", "CAP_BPF", "REUSEPORTPS_BPFFS", "CAP_SYS_PTRACE", "CAP_DAC_READ_SEARCH", "Set-ReuseportBackend Simulator"])
                {
                    Refused(() => backend.Pins.Lock("web"), Errno.EACCES, "RPS5081", remedy);
                    Refused(() => backend.Pins.Create("web"), Errno.EACCES, "RPS5081", remedy);
                }

                Assert.Equal(below.Length > 0 ? "statfs" : "mkdir", Assert.Throws<BackendException>(() => backend.Pins.Lock("web")).Operation);
            },
            Nobody,
            options);
    }

    [Fact]
    [System.Runtime.Versioning.SupportedOSPlatform("linux")]
    public void A_group_of_another_user_in_a_shared_pin_directory_is_told()
    {
        PrivateBpffs bpffs = Own(new PrivateBpffs());
        Assert.SkipUnless(bpffs.IsMounted, "Needs to mount a BPF file system.");
        LinuxBackendOptions options = new() { PinDirectory = bpffs.Path + "/groups" };
        using LinuxBackend root = new(options);
        using (IPinFolder folder = root.Pins.Create("web"))
        {
            folder.Publish();
        }

        using IDisposable held = root.Pins.Lock("web");
        const UnixFileMode Open = (UnixFileMode)0x1ff; // 0777
        File.SetUnixFileMode(bpffs.Path, Open);
        File.SetUnixFileMode(bpffs.Path + "/groups", Open);
        With(
            [CapBpf],
            backend =>
            {
                Assert.Equal(["web"], backend.Pins.List());
                foreach (Func<object?> action in (Func<object?>[])[() => backend.Pins.Open("web"), () => backend.Pins.Lock("web")])
                {
                    Assert.Equal("open", Assert.Throws<BackendException>(action).Operation);
                    Refused(action, Errno.EACCES, "RPS5081", "another user");
                }

                using IPinFolder own = backend.Pins.Create("own");
                own.Publish();
                Assert.Equal(["own", "web"], backend.Pins.List());
            },
            Nobody,
            options);
    }

    private static void Refused(Func<object?> action, Errno errno, string code, string names)
    {
        BackendException refused = Assert.Throws<BackendException>(action);
        Assert.Equal((errno, code), (refused.Errno, refused.Diagnostics[0].Code));
        Assert.Contains(names, refused.Message, StringComparison.Ordinal);
    }

    private static void With(int[] capabilities, Action<LinuxBackend> action, int user = 0, LinuxBackendOptions? options = null) => CapabilityThread.Run(capabilities, user, group: null, () =>
    {
        using LinuxBackend backend = new(options);
        action(backend);
    });
}
