using System.Collections.Immutable;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Simulator.Preview;

/// <summary>
/// Books packets and flows on rows: one per slot, then the kernel's choice, rejected, TCP without a SYN, multicast. Memory grows with the flows
/// (<see cref="FlowStateTable"/>), not with the packets.
/// </summary>
internal sealed class TrafficTally
{
    private const int LongestCounted = 4096;

    private readonly FlowStateTable _flows = new();
    private readonly long[] _packets;
    private readonly long[] _bytes;
    private readonly int _slotCount;
    private readonly TrafficSeriesBuilder _series;
    private readonly long[] _runLengths = new long[LongestCounted];
    private readonly Dictionary<long, long> _longRuns = [];
    private long _bothDirections;
    private long _earliest = long.MaxValue;
    private long _latest = long.MinValue;
    private int _touched;

    public TrafficTally(int slotCount)
    {
        _slotCount = slotCount;
        _packets = new long[slotCount + 4];
        _bytes = new long[slotCount + 4];
        _series = new TrafficSeriesBuilder(slotCount + 2);
    }

    private int KernelRow => _slotCount;

    private int RejectedRow => _slotCount + 1;

    private int WithoutSynRow => _slotCount + 2;

    private int MulticastRow => _slotCount + 3;

    /// <summary>Whether the program is asked about a packet: a SYN or a datagram, to one host.</summary>
    public static bool IsDecided(in Packet packet) =>
        (packet.FlowInPlace.Protocol == TransportProtocol.Udp || packet.IsPureSyn) && !IsMulticast(packet.FlowInPlace);

    /// <summary>Looks at the flows of packets that are about to be booked, and hashes them for that.</summary>
    public void Prepare(ReadOnlySpan<Packet> packets, Span<uint> hashes)
    {
        for (int index = 0; index < packets.Length; index++)
        {
            hashes[index] = FlowState.HashOf(packets[index].FlowInPlace);
        }

        _touched += _flows.Touch(hashes[..packets.Length]);
    }

    /// <summary>Books a packet that the program decided; true when it is its flow's first.</summary>
    public bool AddDecided(in Packet packet, uint hash, in SteeringOutcome outcome)
    {
        int row = outcome.Verdict switch
        {
            PolicyVerdict.Slot => outcome.Slot,
            PolicyVerdict.Kernel => KernelRow,
            _ => RejectedRow,
        };
        CountRun(outcome.Instructions);
        ref FlowState flow = ref FindFlow(packet.FlowInPlace, hash, row, out bool isFirst);
        if (flow.First == WithoutSynRow)
        {
            flow.First = (ushort)row;
            isFirst = true;
        }

        // Most flows stay where they are, and what is not written need not go back to memory.
        if (flow.Last != row || flow.First != row)
        {
            flow.HasMoved |= flow.First != row;
            flow.Last = (ushort)row;
        }

        Book(packet, row);
        return isFirst;
    }

    /// <summary>Books a packet that the program is not asked about.</summary>
    public void AddUndecided(in Packet packet, uint hash)
    {
        ref FlowState flow = ref FindFlow(packet.FlowInPlace, hash, IsMulticast(packet.FlowInPlace) ? MulticastRow : WithoutSynRow, out _);
        Book(packet, flow.Last);
    }

    public SteeringMeasurement ToMeasurement(
        string policy,
        string trace,
        PreviewGroup group,
        ImmutableArray<CounterReading> counters,
        TraceStatistics statistics,
        Diagnostic? failure,
        ImmutableArray<RuleMeasurement> rules = default,
        ImmutableArray<SelectionCount> selections = default)
    {
        (long[] flows, long moved) = _flows.CountByRow(_packets.Length);
        return MeasurementBuilder.Build(new SteeringMeasurement
        {
            Policy = policy,
            Trace = trace,
            Slots = [.. Enumerable.Range(0, _slotCount).Select(slot => new SlotMeasurement(slot, group.Labels[slot], group.Occupied[slot], Count(slot)))],
            Kernel = Count(KernelRow),
            Rejected = Count(RejectedRow),
            WithoutSyn = Count(WithoutSynRow),
            Multicast = Count(MulticastRow),
            Flows = _flows.Count,
            FlowsMoved = moved,
            PacketBalance = MeasurementBuilder.Unknown,
            FlowBalance = MeasurementBuilder.Unknown,
            Rules = rules.IsDefault ? [] : rules,
            Selections = selections.IsDefault ? [] : selections,
            Counters = counters,
            RunLengths = ReadRunLengths(),
            Earliest = _latest < _earliest ? null : _earliest,
            Latest = _latest < _earliest ? null : _latest,
            Series = _series.ToSeries(),
            BothDirections = _bothDirections,
            Statistics = statistics,
            Failure = failure,
            Warnings = [],
        });

        TrafficCount Count(int row) => new(_packets[row], flows[row], _bytes[row], null, null);
    }

    private ImmutableArray<RunLength> ReadRunLengths() =>
    [
        .. _runLengths.Index().Where(length => length.Item > 0).Select(length => new RunLength(length.Index, length.Item)),
        .. _longRuns.OrderBy(length => length.Key).Select(length => new RunLength(length.Key, length.Value)),
    ];

    private void CountRun(long instructions)
    {
        if (instructions < LongestCounted)
        {
            _runLengths[instructions]++;
        }
        else
        {
            _longRuns[instructions] = _longRuns.GetValueOrDefault(instructions) + 1;
        }
    }

    /// <summary>Whether every member gets a copy.</summary>
    public static bool IsMulticast(in FlowKey flow) => flow.Family == IpFamily.V4
        ? (uint)flow.Destination >> 28 == 0xE || (uint)flow.Destination == uint.MaxValue
        : flow.Destination >> 120 == 0xFF;

    private ref FlowState FindFlow(in FlowKey key, uint hash, int row, out bool isNew)
    {
        ref FlowState flow = ref _flows.FindOrAdd(key, hash, (ushort)row, out isNew);
        if (isNew)
        {
            FlowKey reverse = new(key.Family, key.Protocol, key.Destination, key.Source, key.DestinationPort, key.SourcePort);
            if (reverse != key && _flows.Contains(reverse))
            {
                _bothDirections++;
            }
        }

        return ref flow;
    }

    private void Book(in Packet packet, int row)
    {
        _packets[row]++;
        _bytes[row] += packet.TransportOffset + packet.TransportLength;
        _earliest = Math.Min(_earliest, packet.Timestamp);
        _latest = Math.Max(_latest, packet.Timestamp);
        if (row <= RejectedRow)
        {
            _series.Add(packet.Timestamp, row);
        }
    }
}
