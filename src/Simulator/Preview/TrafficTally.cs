using System.Collections.Immutable;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Simulator.Preview;

/// <summary>
/// Books packets and flows on rows: one per slot, then the kernel's choice, rejected, TCP without a SYN, multicast. Memory grows with the flows
/// (<see cref="FlowStateTable"/>), not with the packets. A tally of a part of a trace leaves open what depends on the parts before it (<see cref="FlowNotes"/>), until it
/// is appended to the tally of those.
/// </summary>
internal sealed class TrafficTally : IDisposable
{
    private const int LongestCounted = 4096;

    /// <summary>Flows looked at together; a table of flows has a multiple of them.</summary>
    private const int FlowsAtOnce = 64;

    private readonly FlowStateTable _flows = new();
    private readonly long[] _packets;
    private readonly long[] _bytes;
    private readonly int _slotCount;
    private TrafficSeriesBuilder _series;
    private readonly long[] _runLengths = new long[LongestCounted];
    private readonly Dictionary<long, long> _longRuns = [];
    private readonly RuleFinder? _rules;
    private readonly long[] _flowsByRule;
    private readonly FlowNotes? _notes;
    private long _bothDirections;
    private long _earliest = long.MaxValue;
    private long _latest = long.MinValue;
    private int _touched;

    /// <summary>An empty tally.</summary>
    /// <param name="slotCount">Slots of the group.</param>
    /// <param name="rules">Says which rule takes a flow; null to leave that out.</param>
    /// <param name="isPart">Whether it is of a part of a trace other than the first, to be appended to the parts before.</param>
    public TrafficTally(int slotCount, RuleFinder? rules = null, bool isPart = false)
    {
        _slotCount = slotCount;
        _rules = rules;
        _flowsByRule = new long[rules?.Count ?? 0];
        _notes = isPart ? new FlowNotes() : null;
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

    /// <summary>Books a packet that the program decided.</summary>
    public void AddDecided(in Packet packet, uint hash, in SteeringOutcome outcome)
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

        if (isFirst && _rules is not null)
        {
            AddToRule(ref flow, _rules.Find(packet));
        }

        Book(packet, row);
    }

    /// <summary>Books a packet that the program is not asked about.</summary>
    public void AddUndecided(in Packet packet, uint hash)
    {
        ref FlowState flow = ref FindFlow(packet.FlowInPlace, hash, IsMulticast(packet.FlowInPlace) ? MulticastRow : WithoutSynRow, out _);
        if (_notes is null || flow.Last != WithoutSynRow)
        {
            Book(packet, flow.Last);
            return;
        }

        _notes.AddPacket(ref flow, TrafficSeriesBuilder.SecondOf(packet.Timestamp), LengthOf(packet));
        BookTime(packet);
    }

    /// <summary>Books what a tally of the part that follows holds.</summary>
    public void Append(TrafficTally part)
    {
        Span<uint> hashes = stackalloc uint[FlowsAtOnce];
        for (ReadOnlySpan<FlowState> places = part._flows.Places; !places.IsEmpty; places = places[FlowsAtOnce..])
        {
            for (int index = 0; index < FlowsAtOnce; index++)
            {
                hashes[index] = places[index].IsEmpty ? 0 : places[index].Hash();
            }

            _touched += _flows.Touch(hashes);
            for (int index = 0; index < FlowsAtOnce; index++)
            {
                if (!places[index].IsEmpty)
                {
                    Append(places[index], hashes[index], part._notes!);
                }
            }
        }

        Add(_packets, part._packets);
        Add(_bytes, part._bytes);
        Add(_runLengths, part._runLengths);
        foreach ((long length, long runs) in part._longRuns)
        {
            _longRuns[length] = _longRuns.GetValueOrDefault(length) + runs;
        }

        _series.Add(part._series.ToSeries());
        _earliest = Math.Min(_earliest, part._earliest);
        _latest = Math.Max(_latest, part._latest);
    }

    /// <summary>Makes it a tally of another part, with the memory that it has.</summary>
    public void Clear()
    {
        _flows.Clear();
        _notes?.Clear();
        Array.Clear(_packets);
        Array.Clear(_bytes);
        Array.Clear(_runLengths);
        Array.Clear(_flowsByRule);
        _longRuns.Clear();
        _series = new TrafficSeriesBuilder(_slotCount + 2);
        (_bothDirections, _earliest, _latest) = (0, long.MaxValue, long.MinValue);
    }

    /// <summary>Gives the memory back; nothing of the tally is to be used any more.</summary>
    public void Dispose()
    {
        _flows.Dispose();
        _notes?.Dispose();
    }

    public SteeringMeasurement ToMeasurement(
        string policy,
        string trace,
        PreviewGroup group,
        SteeringCounts counts,
        TraceStatistics statistics,
        Diagnostic? failure)
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
            Rules = _rules?.ToMeasurements(_flowsByRule) ?? [],
            Selections = counts.Selections,
            Counters = counts.Counters,
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

    private void Append(in FlowState part, uint hash, FlowNotes notes)
    {
        ref FlowState flow = ref FindFlow(part.Key, hash, part.First, out bool isNew);
        int before = isNew ? WithoutSynRow : flow.Last;
        bool isDecided = part.First != WithoutSynRow;
        bool wasDecided = before != WithoutSynRow;
        if (isDecided)
        {
            flow.HasMoved |= part.HasMoved || (wasDecided && part.First != flow.First);
            flow.First = wasDecided ? flow.First : part.First;
            flow.Last = part.Last;
        }

        if (!wasDecided)
        {
            AddToRule(ref flow, notes.RuleOf(part));
        }

        for (FlowNotes.Stretch? stretch = notes.LastOf(part); stretch is not null; stretch = notes.Before(stretch.Value))
        {
            Book(stretch.Value.Second * TrafficSeriesBuilder.Nanoseconds, before, stretch.Value.Packets, stretch.Value.Bytes);
        }
    }

    private void AddToRule(ref FlowState flow, int rule)
    {
        if (_notes is not null)
        {
            _notes.SetRule(ref flow, rule);
        }
        else if (rule >= 0)
        {
            _flowsByRule[rule]++;
        }
    }

    private static void Add(Span<long> sums, ReadOnlySpan<long> numbers)
    {
        for (int index = 0; index < sums.Length; index++)
        {
            sums[index] += numbers[index];
        }
    }

    private ref FlowState FindFlow(in FlowKey key, uint hash, int row, out bool isNew)
    {
        ref FlowState flow = ref _flows.FindOrAdd(key, hash, (ushort)row, out isNew);
        if (isNew && _notes is null)
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
        Book(packet.Timestamp, row, 1, LengthOf(packet));
        BookTime(packet);
    }

    private void Book(long timestamp, int row, long packets, long bytes)
    {
        _packets[row] += packets;
        _bytes[row] += bytes;
        if (row <= RejectedRow)
        {
            _series.Add(timestamp, row, packets);
        }
    }

    private void BookTime(in Packet packet)
    {
        _earliest = Math.Min(_earliest, packet.Timestamp);
        _latest = Math.Max(_latest, packet.Timestamp);
    }

    private static long LengthOf(in Packet packet) => packet.TransportOffset + packet.TransportLength;
}
