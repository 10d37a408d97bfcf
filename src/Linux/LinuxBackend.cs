using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Programs;
using ReuseportPS.Linux.Bpf;
using ReuseportPS.Linux.Environments;
using ReuseportPS.Linux.Hashing;
using ReuseportPS.Linux.Interop;
using ReuseportPS.Linux.Namespaces;
using ReuseportPS.Linux.Pins;
using ReuseportPS.Linux.Sockets;
using ReuseportPS.Linux.Units;
using ReuseportPS.Linux.Xray;

namespace ReuseportPS.Linux;

/// <summary>The kernel that this process runs on. Safe to use from several threads; what it returns is not.</summary>
public sealed class LinuxBackend : IReuseportBackend, ILiveConnections
{
    private const string StandardPinDirectory = "/sys/fs/bpf/reuseportps";
    private const string PinDirectoryVariable = "REUSEPORTPS_BPFFS";

    private readonly LinuxNamespace _namespace;
    private readonly SocketFinder _finder;
    private readonly GroupXray _xray = new();
    private readonly BpffsStore _pins;
    private readonly Lazy<bool> _hasMembarrier = new(static () => Sys.membarrier(Sys.MEMBARRIER_CMD_QUERY) is > 0 and nint commands
        && (commands & Sys.MEMBARRIER_CMD_GLOBAL) != 0);

    /// <summary>Opens the backend in the network namespace of the calling thread. Needs no privilege by itself.</summary>
    /// <exception cref="BackendException">This is not Linux on x86-64 or arm64 (RPS5095).</exception>
    public LinuxBackend(LinuxBackendOptions? options = null)
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture is not (Architecture.X64 or Architecture.Arm64))
        {
            throw LinuxErrors.Own(
                "RPS5095", Errno.ENOSYS, "syscall", $"The Linux backend does not run on {RuntimeInformation.RuntimeIdentifier}.",
                "Use the simulator: Set-ReuseportBackend Simulator.");
        }

        _pins = new BpffsStore(PinDirectory(options), () => HasMountedBpffs = true);
        _namespace = LinuxNamespace.OfThisThread();
        _finder = new SocketFinder(_namespace);
        Info = new BackendInfo(BackendKind.Linux, KernelVersion(), PossibleCpus.Count, Seed: null);
    }

    /// <inheritdoc/>
    public BackendInfo Info { get; }

    /// <inheritdoc/>
    public INetworkNamespace CurrentNamespace => _namespace;

    /// <inheritdoc/>
    public IPinStore Pins => _pins;

    /// <summary>The directory in which groups are pinned.</summary>
    public string PinRoot => _pins.Root;

    /// <summary>True when this backend has mounted a BPF file system at /sys/fs/bpf, because there was none: the user should hear of it.</summary>
    public bool HasMountedBpffs { get; private set; }

    /// <inheritdoc/>
    public INetworkNamespace CreateNamespace() => LinuxNamespace.Create();

    /// <inheritdoc/>
    public INetworkNamespace? OpenNamespace(ulong id) => ProcessNamespace.FindProcess(id) is not int processId ? null
        : _finder.TryEnter(processId, id) is { } entered ? entered
        : new ProcessNamespace(id, processId);

    /// <summary>The network namespace of a process. (CAP_SYS_ADMIN, and CAP_SYS_PTRACE for another user's process)</summary>
    public static LinuxNamespace OpenNamespace(int processId) => LinuxNamespace.OfProcess(processId);

    /// <summary>The processes of a systemd unit, by their control groups; at least one.</summary>
    /// <param name="unit">Name of a unit of the system's manager, as systemctl takes it.</param>
    /// <exception cref="BackendException">It is no name of a unit (RPS5405), or no process is in the unit (RPS5404).</exception>
    public static IReadOnlyList<int> FindUnitProcesses(string unit) => UnitProcesses.Find(unit);

    /// <summary>The number of a Unix group.</summary>
    /// <param name="name">Its name in /etc/group, or the number.</param>
    /// <exception cref="BackendException">There is none of that name (RPS5407).</exception>
    public static uint FindUnixGroup(string name) => UnixGroup.Find(name);

    /// <inheritdoc/>
    public IBackendSocket CreateSocket(SocketSpec spec, INetworkNamespace? networkNamespace = null) =>
        networkNamespace switch
        {
            null => LinuxSocket.Create(spec),
            _ => Entered(networkNamespace).Run(() => LinuxSocket.Create(spec)),
        };

    /// <inheritdoc/>
    public IReadOnlyList<SocketRecord> FindSockets(SocketQuery query) => _finder.Find(query);

    /// <inheritdoc/>
    public SocketSurvey Survey(SocketQuery query) => new HostSurvey(this, _namespace, _finder).Run(query);

    /// <inheritdoc/>
    public DateTimeOffset? StartOf(int processId)
    {
        try
        {
            using System.Diagnostics.Process process = System.Diagnostics.Process.GetProcessById(processId);
            return new DateTimeOffset(process.StartTime);
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public ulong MonotonicTime => (ulong)(System.Diagnostics.Stopwatch.GetTimestamp() * (1_000_000_000 / System.Diagnostics.Stopwatch.Frequency));

    /// <inheritdoc/>
    public ulong BootTime => Sys.clock_gettime(Sys.CLOCK_BOOTTIME);

    /// <inheritdoc/>
    public DateTimeOffset Now => DateTimeOffset.UtcNow;

    /// <inheritdoc/>
    public IReadOnlyList<LiveConnection> FindConnections(TransportProtocol protocol, int port, INetworkNamespace? networkNamespace = null, bool withOwners = false) =>
        _finder.FindConnections(protocol, port, networkNamespace, withOwners);

    /// <inheritdoc/>
    public IReadOnlyList<LiveConnection> FindHeldConnections(TransportProtocol protocol, int port, INetworkNamespace? networkNamespace = null) => _finder.FindHeldConnections(protocol, port, networkNamespace);

    /// <inheritdoc/>
    public IReadOnlyList<LiveConnection> FindRequests(int port, INetworkNamespace? networkNamespace = null) => _finder.FindRequests(port, networkNamespace);

    /// <inheritdoc/>
    public IBackendSocket AcquireSocket(SocketRecord record) => SocketAcquirer.Acquire(record);

    /// <inheritdoc/>
    public IEnumerable<IBackendSocket> AcquireSockets(IEnumerable<SocketRecord> records) => SocketAcquirer.Acquire(records);

    /// <inheritdoc/>
    public IBackendMap CreateMap(MapSpec spec) => LinuxMap.Create(spec);

    /// <inheritdoc/>
    public IBackendProgram LoadProgram(ProgramSpec spec, IReadOnlyList<IBackendMap> maps) => LinuxProgram.Load(spec, maps);

    /// <inheritdoc/>
    public Attachment InspectAttachment(SocketRecord member) => _xray.Inspect(member.Inode);

    /// <summary>The kernel group of a socket: its program and its members in the kernel's order. Null when it cannot be seen or does not hold still.</summary>
    public GroupSnapshot? Snapshot(SocketRecord member)
    {
        GroupSnapshot? snapshot = _xray.Snapshot(member.Inode);
        if (snapshot is not null && snapshot.Members.Contains(0UL) && member.NetworkNamespace == _namespace.Id)
        {
            // A socket gets its cookie when somebody asks; sock_diag asks every socket it lists.
            _ = _finder.Find(new SocketQuery(member.Protocol, member.LocalEndPoint.Port, WithOwners: false));
            snapshot = _xray.Snapshot(member.Inode);
        }

        return snapshot;
    }

    /// <inheritdoc/>
    public IReadOnlyList<ulong>? MemberOrder(SocketRecord member) =>
        Snapshot(member) is GroupSnapshot snapshot && !snapshot.Members.Contains(0UL) ? snapshot.Members : null;

    /// <inheritdoc/>
    public IBackendProgram? OpenProgram(uint id)
    {
        ObjectIdAttributes attributes = new() { id = id };
        nint fd = BpfCall.Invoke(BpfCommand.BPF_PROG_GET_FD_BY_ID, ref attributes);
        if (fd == -(int)Errno.ENOENT)
        {
            return null;
        }

        if (fd < 0)
        {
            throw LinuxErrors.Refused(nameof(BpfCommand.BPF_PROG_GET_FD_BY_ID), fd, $"program {id}");
        }

        return LinuxProgram.FromDescriptor(fd);
    }

    /// <inheritdoc/>
    public IBackendMap? OpenMap(uint id)
    {
        ObjectIdAttributes attributes = new() { id = id };
        nint fd = BpfCall.Invoke(BpfCommand.BPF_MAP_GET_FD_BY_ID, ref attributes);
        return fd == -(int)Errno.ENOENT ? null
            : fd < 0 ? throw LinuxErrors.Refused(nameof(BpfCommand.BPF_MAP_GET_FD_BY_ID), fd, string.Create(CultureInfo.InvariantCulture, $"map {id}"))
            : LinuxMap.FromDescriptor(fd);
    }

    /// <inheritdoc/>
    public IReadOnlyList<IBackendMap> OpenMaps(IBackendProgram program)
    {
        List<IBackendMap> maps = [];
        try
        {
            foreach (uint id in (program as LinuxProgram ?? throw new ArgumentException("The program is of another backend.", nameof(program))).ReadMapIds())
            {
                // The program holds its maps, and this process the program.
                maps.Add(OpenMap(id)!);
            }

            return maps;
        }
        catch
        {
            maps.ForEach(map => map.Dispose());
            throw;
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> FindHolders(IBackendProgram program) => [.. ProgramHolders.Find(program.Id)];

    /// <inheritdoc/>
    public void WaitForReaders()
    {
        if (_hasMembarrier.Value && Sys.membarrier(Sys.MEMBARRIER_CMD_GLOBAL) >= 0)
        {
            return;
        }

        // An update of a map of maps returns after a grace period.
        MapSpec inner = new("rps_wait", MapType.Array, 4, 4, 1);
        using LinuxMap outer = LinuxMap.Create(new MapSpec("rps_wait", MapType.ArrayOfMaps, 4, 4, 1) { Inner = inner });
        using LinuxMap element = LinuxMap.Create(inner);
        outer.UpdateMap(0, element);
    }

    /// <inheritdoc/>
    public void LetTimePass(TimeSpan time) => Thread.Sleep(time);

    /// <inheritdoc/>
    public IBackendSocket? WaitForArrival(IReadOnlyList<IBackendSocket> sockets, TimeSpan timeout)
    {
        Sys.PollFd[] descriptors = new Sys.PollFd[sockets.Count];
        int leased = 0;
        try
        {
            for (; leased < descriptors.Length; leased++)
            {
                bool held = false;
                SafeSocketFd fd = sockets[leased] is LinuxSocket socket
                    ? socket.Fd
                    : throw new ArgumentException("A socket is of another backend.", nameof(sockets));
                fd.DangerousAddRef(ref held);
                descriptors[leased] = new Sys.PollFd { fd = (int)fd.DangerousGetHandle(), events = Sys.POLLIN };
            }

            int ready = Readiness.Wait(descriptors, timeout);
            return ready < 0 ? null : sockets[ready];
        }
        finally
        {
            for (int i = 0; i < leased; i++)
            {
                ((LinuxSocket)sockets[i]).Fd.DangerousRelease();
            }
        }
    }

    /// <inheritdoc/>
    public void RunOn(int cpu, INetworkNamespace? networkNamespace, Action action) => Entered(networkNamespace).Run(() =>
    {
        using CpuPin pin = new(cpu);
        action();
        return true;
    });

    /// <summary>CPUs that this process may run on.</summary>
    public static IReadOnlyList<int> UsableCpus() => CpuPin.Usable();

    /// <summary>
    /// What the kernel lets be seen of its socket hashes in a network namespace: hashes of a few flows of this process's own (CAP_BPF), and words of its
    /// memory among which the secrets are (CAP_PERFMON, x86-64). Nobody else's socket is touched.
    /// </summary>
    /// <exception cref="BackendException">Not even a hash can be seen.</exception>
    public HashEvidence ReadHashEvidence(INetworkNamespace? network = null)
    {
        using HashObserver observer = new(this, Entered(network));
        ImmutableArray<ObservedHash> observations =
        [
            .. observer.Observe(TransportProtocol.Udp, IpFamily.V4), .. observer.Observe(TransportProtocol.Tcp, IpFamily.V4),
            .. observer.Observe(TransportProtocol.Udp, IpFamily.V6), .. observer.Observe(TransportProtocol.Tcp, IpFamily.V6),
        ];

        // Only now: a secret is drawn at its first use.
        SecretWords words;
        try
        {
            using KernelMemory memory = new();
            words = SecretWords.Read(memory);
        }
        catch (BackendException)
        {
            words = new SecretWords();
        }

        return new HashEvidence(observations, words.Of, observer.Mix);
    }

    /// <inheritdoc/>
    public IReadOnlyList<EnvironmentCheck> CheckEnvironment() => new EnvironmentProbe(this, _xray, _pins).Run();

    /// <inheritdoc/>
    public void Dispose()
    {
        _xray.Dispose();
        _namespace.Dispose();
    }

    private LinuxNamespace Entered(INetworkNamespace? place) => place switch
    {
        null => _namespace,
        LinuxNamespace entered => entered,
        ProcessNamespace closed => throw closed.Closed(),
        _ => throw new ArgumentException("The namespace is of another backend.", nameof(place)),
    };

    private static string PinDirectory(LinuxBackendOptions? options)
    {
        string directory = options?.PinDirectory ?? Environment.GetEnvironmentVariable(PinDirectoryVariable) ?? "";
        directory = directory.Length == 0 ? StandardPinDirectory : directory.TrimEnd('/');
        return Path.IsPathFullyQualified(directory)
            ? directory
            : throw LinuxErrors.Own(
                "RPS5080", Errno.EINVAL, "mkdir", $"The pin directory '{directory}' is not an absolute path.", $"Set {PinDirectoryVariable} to an absolute path.");
    }

    // "6.18.44-fc" -> "6.18"
    private static string KernelVersion()
    {
        string[] parts = File.ReadAllText("/proc/sys/kernel/osrelease").Trim().Split('.', '-');
        return parts.Length < 2 ? parts[0] : string.Create(CultureInfo.InvariantCulture, $"{parts[0]}.{parts[1]}");
    }
}
