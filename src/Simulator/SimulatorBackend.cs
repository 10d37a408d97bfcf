using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Programs;
using ReuseportPS.Simulator.Cpus;
using ReuseportPS.Simulator.Hashing;
using ReuseportPS.Simulator.Maps;
using ReuseportPS.Simulator.Pins;
using ReuseportPS.Simulator.Programs;
using ReuseportPS.Simulator.Randomness;
using ReuseportPS.Simulator.Sockets;

namespace ReuseportPS.Simulator;

/// <summary>
/// A small Linux in memory. The same options and the same operations give the same results, to the byte, on every machine. It is
/// not thread-safe: one operation at a time.
/// </summary>
public sealed class SimulatorBackend : IReuseportBackend, ILiveConnections
{
    private const ulong FirstNamespaceId = 4026531840;
    private const ulong FirstInode = 20000;
    private const int FirstProcessId = 1000;

    private readonly SimulatorOptions _options;
    private readonly SortedDictionary<int, SimulatedProcess> _processes = [];
    private readonly SortedDictionary<uint, KernelMap> _maps = [];
    private readonly SortedDictionary<uint, KernelProgram> _programs = [];
    private readonly Dictionary<ulong, Sock> _cookies = [];
    private readonly SimulatedNamespace _firstNamespace;
    private readonly ReceiveSideScaling _scaling;
    private ulong _lastCookie;
    private ulong _lastInode = FirstInode;
    private uint _lastMapId;
    private uint _lastProgramId;
    private int _namespaceCount;
    private int _nextProcessId = FirstProcessId;
    private int _currentCpu;

    /// <summary>A new host with one namespace and one process, pid 1000, command <c>simulated</c>, uid 0.</summary>
    /// <param name="options">Its inputs; null for the defaults.</param>
    /// <exception cref="DiagnosticException">RPS5201: an option is out of range.</exception>
    public SimulatorBackend(SimulatorOptions? options = null)
    {
        _options = options ?? new SimulatorOptions();
        if (!KernelBehavior.Versions.Contains(_options.KernelVersion))
        {
            throw new DiagnosticException(Diagnostic.Error(
                "RPS5201", $"The simulator does not reproduce kernel {_options.KernelVersion}.", null, $"Use {string.Join(", ", KernelBehavior.Versions)}."));
        }

        if (_options.CpuCount is < 1 or > 4096)
        {
            throw new DiagnosticException(Diagnostic.Error(
                "RPS5201", $"A simulated host cannot have {_options.CpuCount} CPUs.", null, "Use 1 to 4096."));
        }

        if (!_options.NumaNodes.IsDefaultOrEmpty && (_options.NumaNodes.Length != _options.CpuCount || _options.NumaNodes.Any(node => node is < 0 or > 1023)))
        {
            throw new DiagnosticException(Diagnostic.Error(
                "RPS5201", $"{_options.NumaNodes.Length} NUMA nodes are given for {_options.CpuCount} CPUs.", null, "Give one node, 0 to 1023, for each CPU, or none."));
        }

        if (_options.PinnedCpu < 0 || _options.PinnedCpu >= _options.CpuCount)
        {
            throw new DiagnosticException(Diagnostic.Error(
                "RPS5201", $"Packets cannot be processed on CPU {_options.PinnedCpu} of {_options.CpuCount}.", null, "CPUs are numbered from 0."));
        }

        Behavior = new KernelBehavior(_options.KernelVersion);
        Info = new BackendInfo(BackendKind.Simulator, _options.KernelVersion, _options.CpuCount, _options.Seed) { Unchecked = _options.Unchecked };
        _scaling = _options.ReceiveSideScaling ?? new ReceiveSideScaling([], [], _options.CpuCount);
        HashSecrets = _options.HashSecrets ?? HashSecrets.FromSeed(_options.Seed);
        TcpHashFormula = _options.TcpHashFormula ?? Behavior.TcpHashFormula;
        EphemeralPorts = Xoshiro256.ForStream(_options.Seed, RandomStream.EphemeralPorts);
        Sequences = Xoshiro256.ForStream(_options.Seed, RandomStream.Sequences);
        ClassicProgramRun = new ClassicRun(Xoshiro256.ForStream(_options.Seed, RandomStream.ClassicPrograms));
        ProgramRun = new ReuseportRun(this, Xoshiro256.ForStream(_options.Seed, RandomStream.Programs).NextUInt64());
        SocketFilterRun = new SocketFilterRun(this, Xoshiro256.ForStream(_options.Seed, RandomStream.SocketFilters).NextUInt64());
        Pins = new MemoryPinStore(this);
        CurrentProcess = CreateProcess("simulated");
        _firstNamespace = (SimulatedNamespace)CreateNamespace();
    }

    /// <inheritdoc/>
    public BackendInfo Info { get; }

    /// <inheritdoc/>
    public INetworkNamespace CurrentNamespace => _firstNamespace;

    /// <inheritdoc/>
    public ulong MonotonicTime => (ulong)Nanoseconds;

    /// <inheritdoc/>
    public ulong BootTime => (ulong)Nanoseconds;

    /// <inheritdoc/>
    public DateTimeOffset Now => DateTimeOffset.UnixEpoch.AddTicks(Nanoseconds / TimeSpan.NanosecondsPerTick);

    /// <inheritdoc/>
    public IPinStore Pins { get; }

    /// <summary>The process that the operations of this contract are done by.</summary>
    public SimulatedProcess CurrentProcess { get; }

    /// <summary>CPU that the calling thread runs on: what it sends over loopback is processed there.</summary>
    public int CurrentCpu
    {
        get => _currentCpu;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(value, Info.CpuCount);
            _currentCpu = value;
        }
    }

    /// <summary>The host's monotonic clock in nanoseconds. It stands still until it is set; what timers have to do until then is done in between.</summary>
    public long Nanoseconds
    {
        get => RequestTimers.Now;
        set => RequestTimers.Now = value;
    }

    /// <summary>Its inputs.</summary>
    public SimulatorOptions Options => _options;

    /// <summary>CPU that processes a packet which comes in from outside, as the options say.</summary>
    /// <exception cref="DiagnosticException">RPS5202: the trace names a CPU that the host does not have.</exception>
    public int CpuOf(in Packet packet) => _options.PacketCpuSource switch
    {
        PacketCpuSource.Rss => _scaling.CpuOf(packet.Flow),
        PacketCpuSource.Trace when packet.Cpu >= Info.CpuCount => throw new DiagnosticException(Diagnostic.Error(
            "RPS5202", string.Create(CultureInfo.InvariantCulture, $"Packet {packet.Index} was processed on CPU {packet.Cpu}; the simulated host has {Info.CpuCount} CPUs."), null,
            string.Create(CultureInfo.InvariantCulture, $"Give the simulator {packet.Cpu + 1} CPUs or more."))),
        PacketCpuSource.Trace when packet.Cpu >= 0 => packet.Cpu,
        _ => _options.PinnedCpu,
    };

    /// <summary>Connections that a recorded host had. They are listed with those that there are, and are nothing more: no socket has them, and no packet reaches one.</summary>
    public ImmutableArray<LiveConnection> RecordedConnections { get; set; } = [];

    internal KernelBehavior Behavior { get; }

    internal HashSecrets HashSecrets { get; }

    internal int NumaNodeOf(int cpu) => _options.NumaNodes.IsDefaultOrEmpty ? 0 : _options.NumaNodes[cpu];

    internal TcpHashFormula TcpHashFormula { get; }

    internal RequestTimers RequestTimers { get; } = new();

    internal FreeNumbers GroupIds { get; } = new(first: 0);

    internal Xoshiro256 EphemeralPorts { get; }

    internal Xoshiro256 Sequences { get; }

    internal ReuseportRun ProgramRun { get; }

    internal ClassicRun ClassicProgramRun { get; }

    internal SocketFilterRun SocketFilterRun { get; }

    internal int InterpretedRuns => _options.InterpretedRuns;

    /// <summary>Starts a process that can own sockets.</summary>
    /// <param name="command">Command name (comm).</param>
    /// <param name="uid">Effective uid.</param>
    public SimulatedProcess CreateProcess(string command, uint uid = 0)
    {
        SimulatedProcess process = new(this, _nextProcessId++, command, uid);
        _processes.Add(process.ProcessId, process);
        return process;
    }

    /// <inheritdoc/>
    public INetworkNamespace CreateNamespace()
    {
        uint number = (uint)_namespaceCount++;
        uint mix = Xoshiro256.ForStream(_options.Seed, RandomStream.NamespaceMix + number).NextUInt32();
        return new SimulatedNamespace(this, FirstNamespaceId + number, mix);
    }

    /// <inheritdoc/>
    public IBackendSocket CreateSocket(SocketSpec spec, INetworkNamespace? networkNamespace = null) => CreateSocket(CurrentProcess, spec, networkNamespace);

    /// <inheritdoc/>
    public IReadOnlyList<SocketRecord> FindSockets(SocketQuery query)
    {
        SimulatedNamespace network = Resolve(query.Namespace);
        UInt128? address = query.Address is null ? null : TableAddress.FromIPAddress(query.Address);
        IpFamily? family = query.Address is null ? null
            : query.Address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? IpFamily.V4 : IpFamily.V6;
        IEnumerable<Sock> candidates = query.Cookie is not ulong cookie ? network.Sockets
            : _cookies.TryGetValue(cookie, out Sock? one) && one.Network == network ? [one]
            : [];
        return [.. candidates
            .Where(sock => query.NotListening ? sock is { Protocol: TransportProtocol.Tcp, State: SockState.Close, Port: not 0 }
                : sock.Protocol == TransportProtocol.Tcp ? sock.State == SockState.Listen : sock.IsHashed)
            .Where(sock => query.Protocol is null || sock.Protocol == query.Protocol)
            .Where(sock => query.Port is null || sock.Port == query.Port)
            .Where(sock => address is null || (sock.Address == address && sock.Family == family))
            .Where(sock => query.ProcessId is null || sock.Handles.Exists(handle => handle.Owner.ProcessId == query.ProcessId))
            .Select(sock => Record(sock, query.WithOwners))];
    }

    /// <inheritdoc/>
    public DateTimeOffset? StartOf(int processId) => _processes.TryGetValue(processId, out SimulatedProcess? process) ? process.StartTime : null;

    /// <inheritdoc/>
    public IReadOnlyList<LiveConnection> FindConnections(TransportProtocol protocol, int port, INetworkNamespace? networkNamespace = null, bool withOwners = false)
    {
        SimulatedNamespace network = Resolve(networkNamespace);
        IEnumerable<LiveConnection> recorded = network == _firstNamespace
            ? RecordedConnections.Where(connection => connection.Protocol == protocol && connection.Local.Port == port)
            : [];

        // One end has closed: CLOSE_WAIT, FIN_WAIT2.
        return Describe(ConnectedTo(network, protocol, port).Where(sock => sock.Stream is null or { IsEnded: false, HasSentEnd: false }), withOwners, recorded);
    }

    /// <inheritdoc/>
    public IReadOnlyList<LiveConnection> FindHeldConnections(TransportProtocol protocol, int port, INetworkNamespace? networkNamespace = null) =>
        Describe(ConnectedTo(Resolve(networkNamespace), protocol, port).Where(sock => sock.Handles.Count > 0), withOwners: true, []);

    private static IEnumerable<Sock> ConnectedTo(SimulatedNamespace network, TransportProtocol protocol, int port) =>
        (protocol == TransportProtocol.Tcp ? network.Tcp.Connections : network.Sockets.Where(sock => sock.Protocol == TransportProtocol.Udp))
            .Where(sock => sock.State == SockState.Established && sock.Port == port);

    /// <inheritdoc/>
    public IReadOnlyList<LiveConnection> FindRequests(int port, INetworkNamespace? networkNamespace = null) =>
        Describe(Resolve(networkNamespace).Tcp.Connections.Where(sock => sock.State == SockState.NewSynReceived && sock.Port == port), withOwners: false, []);

    /// <inheritdoc/>
    public IBackendSocket AcquireSocket(SocketRecord record) => new SimulatedSocket(Find(record), CurrentProcess);

    /// <inheritdoc/>
    public IBackendMap CreateMap(MapSpec spec)
    {
        const string Operation = "BPF_MAP_CREATE";
        string target = $"map '{spec.Name}' ({spec.Type})";
        Refusal.Check(Behavior.HasMap(spec.Type) ? Errno.None : Errno.EINVAL, Operation, target, $"kernel {Info.KernelVersion} has no such map");
        MapCreation creation;
        if (spec.Type == MapType.ReuseportSockArray)
        {
            Refusal.Check(SockArray.CheckSpec(spec), Operation, target, "key size 4, value size 4 or 8, at least one entry, no flag of another type");
            creation = MapFactory.Fill(new SockArray(spec, Info.CpuCount, CurrentProcess.TargetOf));
        }
        else if (spec.Type is MapType.SockMap or MapType.SockHash)
        {
            Refusal.Check(PsockMap.CheckSpec(spec), Operation, target, "key size 4 (SOCKHASH: 1 to 512), value size 4 or 8, at least one entry, no flag of another type");
            creation = MapFactory.Fill(
                spec.Type == MapType.SockMap ? new SockMap(spec, Info.CpuCount, CurrentProcess.TargetOf) : new SockHash(spec, Info.CpuCount, CurrentProcess.TargetOf));
        }
        else
        {
            creation = MapFactory.Create(spec, Info.CpuCount);
        }

        if (creation.Map is not { } map)
        {
            throw new BackendException(creation.Errno, Operation, creation.Diagnostic!);
        }

        map.Id = ++_lastMapId;
        KernelMap created = new(this, map);
        _maps.Add(map.Id, created);
        return Open(created);
    }

    /// <inheritdoc/>
    public IBackendProgram LoadProgram(ProgramSpec spec, IReadOnlyList<IBackendMap> maps)
    {
        KernelMap[] targets = [.. maps.Select(map =>
            (map as SimulatedMap ?? throw new ArgumentException("A map is of another backend.", nameof(maps))).Target)];
        KernelProgram program = KernelProgram.Load(this, spec, targets, _lastProgramId + 1);
        _lastProgramId++;
        _programs.Add(program.Id, program);
        return Open(program);
    }

    /// <inheritdoc/>
    public Attachment InspectAttachment(SocketRecord member) => Find(member).Group switch
    {
        { Program: { } program } => new Attachment(AttachmentState.Program, program.Id, program.Tag),
        { Classic: not null } => new Attachment(AttachmentState.Classic),
        _ => new Attachment(AttachmentState.None),
    };

    /// <inheritdoc/>
    public IReadOnlyList<ulong>? MemberOrder(SocketRecord member)
    {
        List<ulong> cookies = [];
        if (Find(member).Group is { } group)
        {
            foreach (Sock? sock in group.Live)
            {
                cookies.Add(sock!.Cookie);
            }
        }

        return cookies;
    }

    /// <inheritdoc/>
    public IBackendProgram? OpenProgram(uint id) => _programs.TryGetValue(id, out KernelProgram? program) ? Open(program) : null;

    /// <inheritdoc/>
    public IBackendMap? OpenMap(uint id) => _maps.TryGetValue(id, out KernelMap? map) ? Open(map) : null;

    /// <inheritdoc/>
    public IReadOnlyList<IBackendMap> OpenMaps(IBackendProgram program) =>
        [.. ((program as SimulatedProgram ?? throw new ArgumentException("The program is of another backend.", nameof(program))).Target?.Maps ?? []).Select(Open)];

    /// <summary>Nothing to wait for: no packet is under way between two operations.</summary>
    public void WaitForReaders()
    {
    }

    /// <inheritdoc/>
    public IBackendSocket? WaitForArrival(IReadOnlyList<IBackendSocket> sockets, TimeSpan timeout) =>
        sockets.FirstOrDefault(socket =>
            (socket as SimulatedSocket ?? throw new ArgumentException("A socket is of another backend.", nameof(sockets))).IsReadable());

    /// <summary>Sets the host's clock forward.</summary>
    public void LetTimePass(TimeSpan time) => Nanoseconds += (long)time.TotalNanoseconds;

    /// <inheritdoc/>
    public void RunOn(int cpu, INetworkNamespace? networkNamespace, Action action)
    {
        if (cpu < 0 || cpu >= Info.CpuCount)
        {
            throw Refusal.Of(
                Errno.EINVAL, "sched_setaffinity", string.Create(CultureInfo.InvariantCulture, $"CPU {cpu}"),
                string.Create(CultureInfo.InvariantCulture, $"the simulated host has {Info.CpuCount}"));
        }

        int before = _currentCpu;
        _currentCpu = cpu;
        try
        {
            action();
        }
        finally
        {
            _currentCpu = before;
        }
    }

    /// <inheritdoc/>
    public string? Lacks(BackendAbility ability) => ability switch
    {
        BackendAbility.Verifier => "the simulator does not verify what it loads",
        _ => null,
    };

    /// <inheritdoc/>
    public IReadOnlyList<EnvironmentCheck> CheckEnvironment() =>
    [
        new EnvironmentCheck(
            "simulator", Passed: true,
            string.Create(CultureInfo.InvariantCulture, $"Linux {Info.KernelVersion} in memory, {Info.CpuCount} CPUs, seed {_options.Seed}"),
            "Everything the simulator does happens in this process.", Fix: null),
    ];

    /// <summary>Ends every process; nothing outside the simulator was ever touched.</summary>
    public void Dispose()
    {
        foreach (SimulatedProcess process in _processes.Values.ToArray())
        {
            process.Dispose();
        }
    }

    internal ulong NextCookie(Sock sock)
    {
        _cookies.Add(++_lastCookie, sock);
        return _lastCookie;
    }

    /// <summary>A cookie of another host, which no socket has here; the next ones are higher.</summary>
    internal ulong TakeCookie(Sock sock, ulong cookie)
    {
        _cookies.Add(cookie, sock);
        _lastCookie = Math.Max(_lastCookie, cookie);
        return cookie;
    }

    internal void Forget(Sock sock)
    {
        if (sock.HasCookie)
        {
            _cookies.Remove(sock.Cookie);
        }
    }

    internal ulong NextInode() => _lastInode++;

    internal SimulatedMap Open(KernelMap map) => new(map, CurrentProcess);

    internal SimulatedProgram Open(KernelProgram program) => new(program, CurrentProcess);

    internal void Forget(KernelMap map) => _maps.Remove(map.Id);

    internal void Forget(KernelProgram program) => _programs.Remove(program.Id);

    internal void Forget(SimulatedProcess process) => _processes.Remove(process.ProcessId);

    internal IBackendSocket CreateSocket(SimulatedProcess process, SocketSpec spec, INetworkNamespace? networkNamespace)
    {
        SimulatedNamespace network = Resolve(networkNamespace);
        int device = 0;
        if (spec.Device is not null && (device = network.FindDevice(spec.Device)) == 0)
        {
            throw Refusal.Of(Errno.ENODEV, "SO_BINDTODEVICE", $"device '{spec.Device}'", "the network namespace has no device of that name", "Check the device's name.");
        }

        SimulatedSocket socket = new(network.CreateSock(spec.Protocol, spec.Family, spec.Uid ?? process.Uid), process);
        socket.Sock.InterfaceIndex = device;
        socket.SetOption(SocketOption.ReusePort, spec.ReusePort ? 1 : 0);
        if (spec.V6Only is bool v6Only && spec.Family == IpFamily.V6)
        {
            socket.SetOption(SocketOption.V6Only, v6Only ? 1 : 0);
        }

        if (spec.IncomingCpu is int cpu)
        {
            socket.SetOption(SocketOption.IncomingCpu, cpu);
        }

        return socket;
    }

    private static SocketRecord Record(Sock sock, bool withOwners) => new(
        sock.Cookie, sock.Inode, sock.Protocol, sock.Family, sock.LocalEndPoint!, sock.Uid, sock.InterfaceIndex,
        sock.Family == IpFamily.V6 && sock.V6Only, sock.Protocol == TransportProtocol.Udp && sock.State == SockState.Established,
        sock.Protocol == TransportProtocol.Tcp ? sock.AcceptQueue.Count : sock.Datagrams?.Bytes ?? 0, sock.Network.Id,
        withOwners ? [.. sock.Handles.Select(handle => handle.Owner)] : [])
    {
        QueueLimit = sock is { Protocol: TransportProtocol.Tcp, State: SockState.Listen } ? sock.Backlog : null,
    };

    private static LiveConnection[] Describe(IEnumerable<Sock> connections, bool withOwners, IEnumerable<LiveConnection> recorded) =>
    [
        .. LiveConnection.InOrder(connections.Select(sock => new LiveConnection(
                sock.Protocol, new IPEndPoint(TableAddress.ToIPAddress(sock.Family, sock.Address), sock.Port),
                new IPEndPoint(TableAddress.ToIPAddress(sock.Family, sock.PeerAddress), sock.PeerPort), sock.Cookie)
            {
                Owners = withOwners ? [.. sock.Handles.Select(handle => handle.Owner)] : [],
            })
            .Concat(recorded)),
    ];

    private SimulatedNamespace Resolve(INetworkNamespace? network) => network is null ? _firstNamespace
        : network as SimulatedNamespace is { } found && found.Backend == this ? found
        : throw new ArgumentException("The network namespace is of another backend.", nameof(network));

    private Sock Find(SocketRecord record) => _cookies.TryGetValue(record.Cookie, out Sock? sock)
        ? sock
        : throw Refusal.Of(Errno.ESRCH, "pidfd_getfd", $"socket {record.LocalEndPoint}", "no process holds it any more", "Find the sockets again.");
}
