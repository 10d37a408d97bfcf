using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Simulator.Recording;

namespace ReuseportPS.Simulator.Preview;

/// <summary>
/// Runs a policy over a trace: the compiled bytecode, in the interpreter, for every datagram and every SYN, as if the whole trace arrived at one group.
/// Nothing is applied anywhere. Memory grows with the number of flows (64 to 192 bytes each), not with the length of the trace.
/// </summary>
/// <remarks>The program runs at the time of the packet, on the CPU that the host's options say. A program that looks into bytes which the capture cut off reads zeros there.</remarks>
public sealed class PolicyPreview
{
    private const int PacketsAtOnce = 64;

    private readonly CompiledPolicy _policy;
    private readonly PreviewGroup _group;
    private readonly string _name;
    private readonly SimulatorOptions _host;
    private readonly SteeringPolicy? _source;

    /// <summary>A preview of a policy.</summary>
    /// <param name="policy">The policy, compiled for the states of the group's slots.</param>
    /// <param name="group">The group, of the number of slots that the policy was compiled for; null for one with a member in every slot.</param>
    /// <param name="name">Name of the policy, for the measurement.</param>
    /// <param name="host">The host: its CPUs and NUMA nodes, where packets are processed, the seed of what the program may draw, the kernel. Null for one CPU.</param>
    /// <param name="source">The policy that was compiled, for what its rules mean; null when that is not to be compared.</param>
    public PolicyPreview(CompiledPolicy policy, PreviewGroup? group = null, string name = SteeringPolicy.Unnamed, SimulatorOptions? host = null, SteeringPolicy? source = null)
    {
        _source = source;
        _policy = policy;
        _group = group ?? new PreviewGroup(policy.SlotCount);
        _name = name;
        _host = host ?? new SimulatorOptions { CpuCount = 1 };
        if (_group.SlotCount != policy.SlotCount)
        {
            throw new ArgumentException($"The policy was compiled for {policy.SlotCount} slots, and the group has {_group.SlotCount}.", nameof(group));
        }
    }

    /// <summary>
    /// Threads that share the work. Each reads the whole trace and decides the flows of its part, because handing packets from one processor to another takes longer than
    /// reading them twice. The measurement is the same whatever the number; a policy that does not <see cref="SteeringPolicy.DecidesFlowsApart"/> is measured on one.
    /// </summary>
    public int Cores { get; init; } = 1;

    /// <summary>Reads the trace once for each core and measures. A damaged trace is measured up to the damage, which is then the measurement's failure.</summary>
    /// <param name="trace">The trace.</param>
    /// <param name="progress">Told how much of the trace is read, from 0 to 1, at most once per hundredth; not told when the length is unknown.</param>
    /// <param name="cancellationToken">Ends the measurement.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public SteeringMeasurement Measure(IPacketSource trace, Action<double>? progress = null, CancellationToken cancellationToken = default) =>
        Cores > 1 && trace is not PartitionedTrace && _source is { DecidesFlowsApart: true }
            ? MeasureParts(trace, progress, cancellationToken)
            : MeasureAlone(trace, progress, cancellationToken);

    private SteeringMeasurement MeasureParts(IPacketSource trace, Action<double>? progress, CancellationToken cancellationToken)
    {
        using CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<SteeringMeasurement?>[] others = [.. Enumerable.Range(1, Cores - 1).Select(index => Task.Run(() => Measure(index, null)))];
        SteeringMeasurement? first = null;
        try
        {
            first = Measure(0, progress);
        }
        finally
        {
            if (first is null)
            {
                ending.Cancel();
            }

            Task.WaitAll(others);
        }

        cancellationToken.ThrowIfCancellationRequested();
        SteeringMeasurement?[] parts = [first, .. others.Select(other => other.Result)];
        return parts.Contains(null) ? MeasureAlone(trace, progress, cancellationToken) : MeasurementMerger.Merge(parts!);

        // Null when it was cancelled, or met a packet that cannot be decided: which of the parts does is chance, and alone it is the first of the trace.
        SteeringMeasurement? Measure(int index, Action<double>? told)
        {
            try
            {
                return MeasureAlone(new TracePartition(index, Cores).Apply(trace), told, ending.Token);
            }
            catch (Exception exception) when (exception is DiagnosticException or OperationCanceledException)
            {
                return null;
            }
        }
    }

    private SteeringMeasurement MeasureAlone(IPacketSource trace, Action<double>? progress, CancellationToken cancellationToken)
    {
        using IPacketReader reader = trace.Open(cancellationToken);
        using SimulatedSteering steering = new(_policy, _group, _host);
        TrafficTally tally = new(_group.SlotCount);
        RuleTally? rules = _source is null ? null : new RuleTally(_source, _group);
        Packet[] packets = new Packet[PacketsAtOnce];
        Span<uint> hashes = stackalloc uint[PacketsAtOnce];
        double told = -1;
        for (int count = reader.Read(packets); count > 0; count = reader.Read(packets))
        {
            cancellationToken.ThrowIfCancellationRequested();
            told = Tell(progress, reader.Progress, told);
            tally.Prepare(packets.AsSpan(0, count), hashes);
            for (int index = 0; index < count; index++)
            {
                ref readonly Packet packet = ref packets[index];
                if (!TrafficTally.IsDecided(packet))
                {
                    tally.AddUndecided(packet, hashes[index]);
                }
                else if (tally.AddDecided(packet, hashes[index], steering.Decide(packet)))
                {
                    rules?.Add(packet);
                }
            }
        }

        Tell(progress, reader.Failure is null ? 1 : reader.Progress, told);
        return tally.ToMeasurement(
            _name, trace.Description, _group, steering.ReadCounters(), reader.Statistics, reader.Failure, rules?.ToMeasurements() ?? [], steering.ReadSelections()) with
        {
            Partition = (trace as PartitionedTrace)?.Partition,
        };
    }

    private static double Tell(Action<double>? progress, double? fraction, double told)
    {
        if (progress is null || fraction is not double now || now < told + 0.01 && now < 1 || now == told)
        {
            return told;
        }

        progress(now);
        return now;
    }
}
