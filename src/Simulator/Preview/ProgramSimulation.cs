using System.Net;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Classic;
using ReuseportPS.Engine.Execution;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Programs;
using ReuseportPS.Simulator.Groups;
using ReuseportPS.Simulator.Hashing;
using ReuseportPS.Simulator.Packets;
using ReuseportPS.Simulator.Programs;
using ReuseportPS.Simulator.Sockets;

namespace ReuseportPS.Simulator.Preview;

/// <summary>
/// A steering program on a simulated host of its own: each packet is decided as if it arrived at a group with a member in every slot. For each protocol
/// and family that comes along there is a kernel group, bound to every address and to the port of its first packet; all maps but the seats are shared, as
/// on a real host. What the program writes into its maps stays for the packets after.
/// </summary>
public sealed class ProgramSimulation : IDisposable
{
    private const int Backlog = 128;
    private const int PortForNone = 443;

    private readonly ProgramSimulationOptions _options;
    private readonly SimulatorBackend _backend;
    private readonly SeatedProgram? _program;
    private readonly ClassicProgram? _classic;
    private readonly LiveProgram? _live;

    /// <summary>By family and protocol.</summary>
    private readonly Target?[] _targets = new Target?[4];

    /// <summary>Makes the host and the maps.</summary>
    /// <exception cref="BackendException">A map cannot be made.</exception>
    public ProgramSimulation(SeatedProgram program, ProgramSimulationOptions options)
        : this(options)
    {
        _program = program;
        try
        {
            _live = LiveProgram.Create(_backend, program);
        }
        catch
        {
            _backend.Dispose();
            throw;
        }
    }

    /// <summary>Makes the host, for a classic program: its index counts members in the order of the slots.</summary>
    public ProgramSimulation(ClassicProgram program, ProgramSimulationOptions options)
        : this(options) => _classic = program;

    private ProgramSimulation(ProgramSimulationOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.SlotCount, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.SlotCount, ReuseportGroup.LargestCapacity);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(options.Cpu ?? 0, options.CpuCount);
        _options = options;
        _backend = new SimulatorBackend(new SimulatorOptions { Seed = options.Seed, CpuCount = options.CpuCount, InterpretedRuns = options.InterpretedRuns });
    }

    /// <summary>Whether the program would be asked about a packet of a trace: a SYN or a datagram, to one host.</summary>
    public static bool IsDecided(in Packet packet) => TrafficTally.IsDecided(packet);

    /// <summary>Runs the program for a packet.</summary>
    /// <exception cref="BackendException">The program cannot be loaded.</exception>
    public ProgramOutcome Run(in Packet packet)
    {
        FlowKey flow = packet.Flow;
        ref Target? target = ref _targets[(flow.Family == IpFamily.V6 ? 2 : 0) + (flow.Protocol == TransportProtocol.Tcp ? 1 : 0)];
        target ??= CreateTarget(flow);
        SimulatedNamespace network = (SimulatedNamespace)_backend.CurrentNamespace;
        int cpu = _options.Cpu ?? (packet.Cpu >= 0 && packet.Cpu < _options.CpuCount ? packet.Cpu : 0);

        // The sockets are bound to every address: their pass of the lookup hashes without the local one.
        uint hash = FlowHash.Compute(
            _backend.HashSecrets, network.HashMix, flow.Protocol, flow.Family, 0, flow.DestinationPort, flow.Source, flow.SourcePort, _backend.TcpHashFormula);
        _backend.Nanoseconds = _options.Nanoseconds ?? packet.Timestamp;
        return target.Program is null ? RunClassic(packet, hash, cpu) : Run(target, target.Program, packet, hash, cpu);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _live?.Dispose();
        _backend.Dispose();
    }

    private ProgramOutcome Run(Target target, KernelProgram program, in Packet packet, uint hash, int cpu)
    {
        ReuseportRun run = _backend.ProgramRun;
        run.TracedSteps = _options.TracedSteps;
        bool succeeded = run.Run(program, target.Group, target.Socket, packet, packet.TransportLength, LinearLength.OnLoopback(packet), hash, cpu);
        (ProgramVerdict verdict, int slot) = !succeeded ? (ProgramVerdict.Fault, -1)
            : run.Result != ReuseportRun.Pass ? (ProgramVerdict.Reject, -1)
            : run.Selected is Sock selected ? (ProgramVerdict.Slot, (int)selected.SeatIndex)
            : (ProgramVerdict.Kernel, -1);
        return new ProgramOutcome(
            verdict, slot, run.ReturnValue, run.Instructions, hash, cpu, [.. run.Selections], run.Fault, run.Fault is Fault fault ? SourceOf(fault) : null, run.Trace);
    }

    private ProgramOutcome RunClassic(in Packet packet, uint hash, int cpu)
    {
        uint index = _backend.ClassicProgramRun.Run(
            _classic!, packet, packet.TransportLength, LinearLength.OnLoopback(packet), cpu, SimulatedNamespace.LoopbackIndex);
        bool isMember = index < _options.SlotCount;
        return new ProgramOutcome(
            isMember ? ProgramVerdict.Slot : ProgramVerdict.Kernel, isMember ? (int)index : -1, index, null, hash, cpu, [], null, null, null);
    }

    private SourceLine? SourceOf(Fault fault) =>
        _program!.Collection.Programs.FirstOrDefault(program => program.Name == fault.Program)?.Btf?.SourceOf(fault.Instruction);

    private Target CreateTarget(FlowKey flow)
    {
        IBackendMap seats = _backend.CreateMap(new MapSpec(_program?.SeatMap ?? "seats", MapType.ReuseportSockArray, sizeof(uint), sizeof(ulong), ReuseportGroup.LargestCapacity));
        SimulatedProgram? program = (SimulatedProgram?)_live?.Load(seats);
        Sock? socket = null;
        for (int slot = 0; slot < _options.SlotCount; slot++)
        {
            SimulatedSocket member = (SimulatedSocket)_backend.CreateSocket(new SocketSpec(flow.Protocol, flow.Family, V6Only: true));
            int port = flow.DestinationPort == 0 ? PortForNone : flow.DestinationPort;
            member.Bind(new IPEndPoint(flow.Family == IpFamily.V4 ? IPAddress.Any : IPAddress.IPv6Any, port));
            if (flow.Protocol == TransportProtocol.Tcp)
            {
                member.Listen(Backlog);
            }

            seats.UpdateSocket((uint)slot, member);
            socket ??= member.Sock;
        }

        return new Target(socket!.Group!, FirstMet(socket), program?.Target);
    }

    // The member that the lookup meets first, which is what the program gets as ctx->sk.
    private static Sock FirstMet(Sock member)
    {
        ChainKey chain = new(0, member.Port);
        LinkedListNode<Sock>? first = member.Protocol == TransportProtocol.Tcp ? member.Network.Tcp.Chain(chain) : member.Network.Udp.Chain(chain);
        while (first is not null && first.Value.Group != member.Group)
        {
            first = first.Next;
        }

        return first?.Value ?? member;
    }

    private sealed record Target(ReuseportGroup Group, Sock Socket, KernelProgram? Program);
}
