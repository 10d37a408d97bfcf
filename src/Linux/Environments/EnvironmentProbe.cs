using System.Collections.Immutable;
using System.Globalization;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Helpers;
using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Programs;
using ReuseportPS.Linux.Interop;
using ReuseportPS.Linux.Pins;
using ReuseportPS.Linux.Sockets;
using ReuseportPS.Linux.Xray;

namespace ReuseportPS.Linux.Environments;

/// <summary>Finds out what works here by doing it, and says what needs it and how to get it. Leaves nothing behind, mounts nothing.</summary>
internal sealed class EnvironmentProbe(LinuxBackend backend, GroupXray xray, BpffsStore pins)
{
    private const string Steering = "Every policy is a program with its maps";
    private const string Looking = "Seeing which program a group has, and its members in the kernel's order";

    private static readonly ImmutableArray<MapSpec> s_maps =
    [
        new("rps_probe", MapType.ReuseportSockArray, 4, 8, 32768),
        new("rps_probe", MapType.Array, 4, 8, 1, MapFlags.Mmapable),
        new("rps_probe", MapType.PerCpuArray, 4, 8, 1),
        new("rps_probe", MapType.LpmTrie, 8, 4, 1, MapFlags.NoPreallocation),
        new("rps_probe", MapType.LruHash, 4, 8, 64),
        new("rps_probe", MapType.ProgArray, 4, 4, 1),
        new("rps_probe", MapType.RingBuf, 0, 0, 1 << 16),
        new("rps_probe", MapType.ArrayOfMaps, 4, 4, 2) { Inner = new("rps_probe", MapType.Array, 4, 8, 1, MapFlags.InnerMap) },
    ];

    private readonly Version _release = Version.TryParse(backend.Info.KernelVersion, out Version? release) ? release : new Version(0, 0);
    private readonly ulong _capabilities = Sys.capget(out ulong effective) < 0 ? 0 : effective;

    // Without these nothing can be steered, one's own sockets included.
    private static readonly HashSet<string> s_required = new(StringComparer.Ordinal)
    {
        "kernel", "bpf(2)", "program SkReuseport", "sock_diag",
        "map ReuseportSockArray", "map Array", "map PerCpuArray", "map LpmTrie", "map ArrayOfMaps",
        "helper bpf_map_lookup_elem", "helper bpf_sk_select_reuseport", "helper bpf_skb_load_bytes", "helper bpf_skb_load_bytes_relative",
    };

    internal IReadOnlyList<EnvironmentCheck> Run() => [.. Try().Select(check => check with { Required = s_required.Contains(check.Name) })];

    private EnvironmentCheck[] Try() =>
    [
        Kernel(),
        Try("bpf(2)", Steering, "Use a kernel of 5.8 or later, and allow bpf(2) in the seccomp profile.", () =>
        {
            try
            {
                LinuxMap.Create(s_maps[1]).Dispose();
            }
            catch (BackendException exception) when (exception.Errno != Errno.ENOSYS)
            {
                return $"reachable, answers {LinuxErrors.Name(exception.Errno)}";
            }

            return "works";
        }),
        .. s_maps.Select(spec => Try($"map {spec.Type}", Steering, null, () =>
        {
            LinuxMap.Create(spec).Dispose();
            return "can be made";
        })),
        Try("program SkReuseport", Steering, null, () =>
        {
            ProgramSpec pass = new(
                "rps_probe", ProgramType.SkReuseport, AttachType.SkReuseportSelect,
                [Instructions.MoveImmediate(Register.R0, 1), Instructions.Exit()], []);
            LinuxProgram.Load(pass, []).Dispose();
            return "loads";
        }),
        .. HelperProbe.All.Select(probe => Try($"helper bpf_{HelperNames.All[probe.Helper]}", probe.Use, null, () =>
        {
            using LinuxMap? map = probe.Map is null ? null : LinuxMap.Create(probe.Map);
            LinuxProgram.Load(HelperProbe.Program(probe.Helper) with { Maps = probe.Map is null ? [] : [probe.Map] }, map is null ? [] : [map]).Dispose();
            return "can be called";
        })),
        Capable(Capability.CAP_BPF, "Making maps and loading programs", orAdmin: true),
        Capable(Capability.CAP_PERFMON, Looking, orAdmin: true),
        Capable(Capability.CAP_SYS_PTRACE, "Steering the sockets of another user's server"),
        Capable(Capability.CAP_DAC_READ_SEARCH, "Finding out which process of another user holds a socket"),
        Capable(Capability.CAP_SYS_ADMIN, "Private network namespaces, mounting the BPF file system, opening programs by id"),
        Capable(Capability.CAP_NET_ADMIN, "Socket maps of type SOCKMAP and SOCKHASH; adopted servers do not need them", orAdmin: false),
        Bpffs(),
        Try("BTF", Looking, "Use a kernel built with CONFIG_DEBUG_INFO_BTF.", () =>
            $"{new FileInfo("/sys/kernel/btf/vmlinux").Length.ToString(CultureInfo.InvariantCulture)} bytes"),
        Inspection(),
        Try("sock_diag", "Finding sockets", "Load the kernel modules inet_diag, tcp_diag and udp_diag, or allow netlink in the seccomp profile.", () =>
        {
            int count = backend.FindSockets(new SocketQuery(WithOwners: false)).Count;
            return string.Create(CultureInfo.InvariantCulture, $"works, {count} sockets");
        }),
        Try("pidfd_getfd", "Steering the sockets of a running server", "Use a kernel of 5.6 or later, and allow pidfd_getfd in the seccomp profile.", () =>
        {
            using LinuxSocket socket = LinuxSocket.Create(new SocketSpec(TransportProtocol.Udp, IpFamily.V4));
            using FdLease lease = new(socket.Fd);
            if (Sys.statx(socket.Fd, out ulong inode, out _) is < 0 and nint error)
            {
                throw LinuxErrors.Refused("statx", error, "a socket");
            }

            SocketAcquirer.Acquire(new SocketRecord(
                socket.Cookie, inode, TransportProtocol.Udp, IpFamily.V4, new System.Net.IPEndPoint(0, 0), 0, 0, false, false, 0, 0,
                [new SocketOwner(Environment.ProcessId, lease.Number, "")])).Dispose();
            return "works";
        }),
        Yama(),
        UnprivilegedBpf(),
        .. HostSettings.Read(_release),
        Try("network namespaces", "Trying a policy on real sockets out of everybody's way", "Run with CAP_SYS_ADMIN, or use the simulator: Set-ReuseportBackend Simulator.", () =>
        {
            backend.CreateNamespace().Dispose();
            return "can be made";
        }),
        new("membarrier", Sys.membarrier(Sys.MEMBARRIER_CMD_GLOBAL) >= 0,
            Sys.membarrier(Sys.MEMBARRIER_CMD_GLOBAL) >= 0 ? "works" : "refused; an update of a map of maps is used in its place",
            "Waiting until every packet sees new data", null),
    ];

    private EnvironmentCheck Kernel()
    {
        string release = HostFile.ReadLine("/proc/sys/kernel/osrelease") ?? "unknown";
        bool passed = _release >= new Version(5, 8);
        return new EnvironmentCheck("kernel", passed, release, "CAP_BPF came with 5.8, migration with 5.14", passed ? null : "Use a kernel of 5.8 or later.");
    }

    private static EnvironmentCheck Try(string name, string why, string? fix, Func<string> action)
    {
        try
        {
            return new EnvironmentCheck(name, true, action(), why, null);
        }
        catch (BackendException exception)
        {
            Diagnostic diagnostic = exception.Diagnostics[0];
            return new EnvironmentCheck(name, false, diagnostic.Message.TrimEnd('.'), why, fix ?? diagnostic.Remedy);
        }
        catch (IOException exception)
        {
            return new EnvironmentCheck(name, false, exception.Message, why, fix);
        }
    }

    private bool Has(Capability capability) => (_capabilities & (1UL << (int)capability)) != 0;

    private EnvironmentCheck Capable(Capability capability, string why, bool orAdmin = false)
    {
        bool has = Has(capability);
        bool covered = has || (orAdmin && Has(Capability.CAP_SYS_ADMIN));
        return new EnvironmentCheck(
            capability.ToString(), covered, has ? "held" : covered ? "covered by CAP_SYS_ADMIN" : "not held", why,
            covered ? null : $"Run as root, or give the process {capability} (systemd AmbientCapabilities=, setpriv --ambient-caps).");
    }

    private EnvironmentCheck Inspection()
    {
        string? refusal = xray.TryOpen();
        return new EnvironmentCheck(
            "group inspection", refusal is null, refusal?.TrimEnd('.') ?? "loads", Looking,
            refusal is null ? null : "Run with CAP_BPF and CAP_PERFMON; without it a group's program is unknown and only replaced with -Force.");
    }

    private EnvironmentCheck Bpffs()
    {
        const string Why = "Groups are kept there, so that another shell finds them";
        string? place = new[] { pins.Root, Path.GetDirectoryName(pins.Root) ?? "/" }.FirstOrDefault(BpffsDirectory.IsBpffs);
        if (place is null)
        {
            bool standard = Path.GetDirectoryName(pins.Root) == "/sys/fs/bpf";
            bool mounts = standard && pins.MountsLast && Has(Capability.CAP_SYS_ADMIN);
            return new EnvironmentCheck(
                "bpffs", mounts, mounts ? "not mounted; it will be when the first group is kept" : $"'{pins.Root}' is not on a BPF file system", Why,
                mounts ? null : standard && !pins.MountsLast ? LinuxErrors.PrivateMountRemedy : LinuxErrors.BpffsRemedy);
        }

        return Try("bpffs", Why, null, () =>
        {
            string path = string.Create(CultureInfo.InvariantCulture, $"{place}/rps-probe-{Environment.ProcessId}-{Environment.CurrentManagedThreadId}");
            nint result = Sys.mkdirat(path, BpffsDirectory.OwnerOnly);
            if (result < 0)
            {
                throw LinuxErrors.Refused("mkdir", result, path);
            }

            BpffsDirectory.Remove(path);
            return $"writable at {place}";
        });
    }

    private EnvironmentCheck Yama()
    {
        string? scope = HostFile.ReadLine("/proc/sys/kernel/yama/ptrace_scope");
        bool passed = scope is null or "0" || (scope is "1" or "2" && Has(Capability.CAP_SYS_PTRACE));
        return new EnvironmentCheck(
            "kernel.yama.ptrace_scope", passed, scope ?? "no Yama", "With 1 or 2 copying a socket needs CAP_SYS_PTRACE, with 3 it is forbidden",
            passed ? null : "Run with CAP_SYS_PTRACE; 3 stays until the next boot.");
    }

    private EnvironmentCheck UnprivilegedBpf()
    {
        string? value = HostFile.ReadLine("/proc/sys/kernel/unprivileged_bpf_disabled");
        bool passed = value == "0" || Has(Capability.CAP_BPF) || Has(Capability.CAP_SYS_ADMIN);
        return new EnvironmentCheck(
            "kernel.unprivileged_bpf_disabled", passed, value ?? "unknown",
            "Unless 0, making maps and loading programs needs CAP_BPF; changing pinned maps needs file permission only", passed ? null : "Run with CAP_BPF.");
    }
}
