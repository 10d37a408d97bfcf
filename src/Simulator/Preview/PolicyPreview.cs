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
    /// <summary>Segments of a trace for each thread: more of them spread the work more evenly, and put more flows together that lie in several.</summary>
    private const int SegmentsPerThread = 2;

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
    /// Threads that share the work: each reads segments of its own of a pcap or pcapng file. The measurement is the same whatever the number. Other traces, short ones, and
    /// a policy that does not <see cref="SteeringPolicy.DecidesFlowsApart"/>, are measured on one.
    /// </summary>
    public int Cores { get; init; } = 1;

    /// <summary>Reads the trace once and measures. A damaged trace is measured up to the damage, which is then the measurement's failure.</summary>
    /// <param name="trace">The trace.</param>
    /// <param name="progress">Told how much of the trace is read, from 0 to 1, at most once per hundredth; not told when the length is unknown.</param>
    /// <param name="cancellationToken">Ends the measurement.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public SteeringMeasurement Measure(IPacketSource trace, Action<double>? progress = null, CancellationToken cancellationToken = default)
    {
        double lastTold = -1;
        using ITraceSegments? segments = Cores > 1 && _source is { DecidesFlowsApart: true } ? (trace as ISegmentedSource)?.Divide(Cores * SegmentsPerThread) : null;
        if (segments is null)
        {
            using PreviewRun run = NewRun();
            using IPacketReader reader = trace.Open(cancellationToken);
            using TrafficTally tally = run.NewTally();
            run.Read(reader, tally, Tell, cancellationToken);
            return Finish(tally, run.ReadCounts(), reader);
        }

        using SegmentedRun threads = new(segments, Cores, NewRun, cancellationToken);
        (TrafficTally all, SteeringCounts counts, ISegmentReader last) = threads.Read(Tell);
        return Finish(all, counts, last);

        void Tell(double? fraction) => lastTold = PolicyPreview.Tell(progress, fraction, lastTold);

        SteeringMeasurement Finish(TrafficTally tally, SteeringCounts counted, IPacketReader reader)
        {
            Tell(reader.Failure is null ? 1 : reader.Progress);
            return tally.ToMeasurement(_name, trace.Description, _group, counted, reader.Statistics, reader.Failure) with
            {
                Partition = (trace as PartitionedTrace)?.Partition,
            };
        }
    }

    private PreviewRun NewRun() => new(_policy, _group, _host, _source);

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
