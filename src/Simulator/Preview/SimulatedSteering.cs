using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Net;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Execution;
using ReuseportPS.Engine.Execution.Tracing;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Simulator.Groups;
using ReuseportPS.Simulator.Packets;
using ReuseportPS.Simulator.Programs;
using ReuseportPS.Simulator.Sockets;

namespace ReuseportPS.Simulator.Preview;

/// <summary>
/// The bytecode of a policy on a simulated host of its own: for each protocol and family that comes along a kernel group with a member in
/// every occupied seat, a program instance for its sockarray, and the other maps shared, as they are on a real host.
/// </summary>
internal sealed class SimulatedSteering : IDisposable
{
    private const int Port = 443;
    private const int Backlog = 128;

    private readonly CompiledPolicy _policy;
    private readonly PreviewGroup _group;
    private readonly SimulatorBackend _backend;
    private readonly ImmutableArray<IBackendMap?> _shared;

    /// <summary>Calls of helper 82 by what they returned.</summary>
    private readonly SortedDictionary<Errno, long> _failures = [];
    private long _selected;

    /// <summary>By family and protocol.</summary>
    private readonly Target?[] _targets = new Target?[4];

    /// <summary>Makes the host and the maps, with the policy's data in the bank of epoch 0.</summary>
    public SimulatedSteering(CompiledPolicy policy, PreviewGroup group, SimulatorOptions host)
    {
        _policy = policy;
        _group = group;
        _backend = new SimulatorBackend(host);
        _shared = [.. policy.Program.Maps.Select((spec, index) => index == policy.Maps.Seats ? null : _backend.CreateMap(spec))];
        Fill(policy.Maps.Tables, policy.Bank.Tables);
        Fill(policy.Maps.Lists, policy.Bank.Lists);
    }

    /// <summary>Runs the program for a packet.</summary>
    /// <exception cref="InvalidOperationException">The program did what no verified program can do: a bug of the policy compiler or the interpreter.</exception>
    public SteeringOutcome Decide(in Packet packet)
    {
        bool isTcp = packet.Flow.Protocol == TransportProtocol.Tcp;
        ref Target? target = ref _targets[(packet.Flow.Family == IpFamily.V6 ? 2 : 0) + (isTcp ? 1 : 0)];
        target ??= CreateTarget(packet);

        // No policy reads the flow's hash, whose secrets are the host's.
        _backend.Nanoseconds = packet.Timestamp;
        ReuseportRun run = _backend.ProgramRun;
        if (!run.Run(target.Program, target.Group, target.Socket, packet, packet.TransportLength, LinearLength.OnLoopback(packet), hash: 0, _backend.CpuOf(packet)))
        {
            throw new InvalidOperationException($"The program of the policy failed at {packet.Flow}: {run.Fault}");
        }

        CountSelections(run.Selections);
        return run.Result != ReuseportRun.Pass ? new SteeringOutcome(PolicyVerdict.Reject, -1, run.Instructions)
            : run.Selected is Sock selected ? new SteeringOutcome(PolicyVerdict.Slot, (int)selected.SeatIndex, run.Instructions)
            : new SteeringOutcome(PolicyVerdict.Kernel, -1, run.Instructions);
    }

    /// <summary>What the program could ask of the host in the last run: the CPU, its node, the time.</summary>
    public ExecutionEnvironment Environment => _backend.ProgramRun.Environment;

    /// <summary>Steps of each run to be recorded; 0 records nothing.</summary>
    public int TracedSteps
    {
        set => _backend.ProgramRun.TracedSteps = value;
    }

    /// <summary>The last run: its steps when they were recorded, its calls of helper 82, what it returned.</summary>
    public (ExecutionTrace? Trace, ImmutableArray<Selection> Selections, uint Result) LastRun =>
        (_backend.ProgramRun.Trace, [.. _backend.ProgramRun.Selections], _backend.ProgramRun.Result);

    /// <summary>What the program has counted so far, and the answers of helper 82.</summary>
    public SteeringCounts ReadCounts()
    {
        IBackendMap slots = _shared[_policy.Maps.SlotCounters]!;
        return new SteeringCounts(
            _policy.Counters.Read(
                _shared[_policy.Maps.Counters]!.Lookup(Key(0)),
                [.. Enumerable.Range(0, _policy.Counters.SlotCount).Select(slot => slots.Lookup(Key(slot))!)]),
            [.. _selected > 0 ? [new SelectionCount(Errno.None, _selected)] : (SelectionCount[])[], .. _failures.Select(failure => new SelectionCount(failure.Key, failure.Value))]);
    }

    public void Dispose() => _backend.Dispose();

    private void CountSelections(ReadOnlySpan<Selection> selections)
    {
        foreach (ref readonly Selection selection in selections)
        {
            if (selection.Result == Errno.None)
            {
                _selected++;
            }
            else
            {
                _failures[selection.Result] = _failures.GetValueOrDefault(selection.Result) + 1;
            }
        }
    }

    private static byte[] Key(int index)
    {
        byte[] key = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(key, index);
        return key;
    }

    private void Fill(int outer, ImmutableArray<MapSpec> inner)
    {
        for (int index = 0; index < inner.Length; index++)
        {
            _shared[outer]!.UpdateMap((uint)index, _backend.CreateMap(inner[index]));
        }
    }

    private Target CreateTarget(in Packet packet)
    {
        if (Array.TrueForAll(_targets, target => target is null))
        {
            // The trace begins now, whenever it was recorded.
            _group.Memory.Store(_policy, index => _shared[index]!, (ulong)packet.Timestamp);
        }

        (TransportProtocol protocol, IpFamily family) = (packet.Flow.Protocol, packet.Flow.Family);
        IBackendMap seats = _backend.CreateMap(_policy.Program.Maps[_policy.Maps.Seats]);
        Sock? first = null;
        for (int slot = 0; slot < _group.SlotCount; slot++)
        {
            if (!_group.Occupied[slot])
            {
                continue;
            }

            SimulatedSocket socket = (SimulatedSocket)_backend.CreateSocket(new SocketSpec(protocol, family, V6Only: true));
            socket.Bind(new IPEndPoint(family == IpFamily.V4 ? IPAddress.Any : IPAddress.IPv6Any, Port));
            if (protocol == TransportProtocol.Tcp)
            {
                socket.Listen(Backlog);
            }

            seats.UpdateSocket((uint)slot, socket);
            first ??= socket.Sock;
        }

        SimulatedProgram program = (SimulatedProgram)_backend.LoadProgram(_policy.Program, [.. _shared.Select(map => map ?? seats)]);
        return new Target(program.Target!, first!.Group!, first);
    }

    private sealed record Target(KernelProgram Program, ReuseportGroup Group, Sock Socket);
}
