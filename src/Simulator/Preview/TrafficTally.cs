using System.Collections.Immutable;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Simulator.Recording;

namespace ReuseportPS.Simulator.Preview;

/// <summary>
/// Books packets and flows on rows: one per slot, then the kernel's choice, rejected, TCP without a SYN, multicast. Memory grows with the flows
/// (<see cref="FlowStateTable"/>), not with the packets.
/// </summary>
internal sealed class TrafficTally
{
    private readonly FlowStateTable _flows = new();
    private readonly long[] _packets;
    private readonly long[] _bytes;
    private readonly int _slotCount;
    private long _runs;
    private long _instructions;
    private long _mostInstructions;
    private long _bothDirections;
    private long _earliest = long.MaxValue;
    private long _latest = long.MinValue;

    public TrafficTally(int slotCount)
    {
        _slotCount = slotCount;
        _packets = new long[slotCount + 4];
        _bytes = new long[slotCount + 4];
    }

    private int KernelRow => _slotCount;

    private int RejectedRow => _slotCount + 1;

    private int WithoutSynRow => _slotCount + 2;

    private int MulticastRow => _slotCount + 3;

    /// <summary>Whether the program is asked about a packet: a SYN or a datagram, to one host.</summary>
    public static bool IsDecided(in Packet packet) =>
        (packet.Flow.Protocol == TransportProtocol.Udp || packet.IsPureSyn) && !IsMulticast(packet.Flow);

    /// <summary>Books a packet that the program decided.</summary>
    public void AddDecided(in Packet packet, in SteeringOutcome outcome)
    {
        int row = outcome.Verdict switch
        {
            PolicyVerdict.Slot => outcome.Slot,
            PolicyVerdict.Kernel => KernelRow,
            _ => RejectedRow,
        };
        _runs++;
        _instructions += outcome.Instructions;
        _mostInstructions = Math.Max(_mostInstructions, outcome.Instructions);

        ref FlowState flow = ref FindFlow(packet.Flow, row);
        if (flow.First == WithoutSynRow)
        {
            flow.First = (ushort)row;
        }

        flow.HasMoved |= flow.First != row;
        flow.Last = (ushort)row;
        Book(packet, row);
    }

    /// <summary>Books a packet that the program is not asked about.</summary>
    public void AddUndecided(in Packet packet)
    {
        ref FlowState flow = ref FindFlow(packet.Flow, IsMulticast(packet.Flow) ? MulticastRow : WithoutSynRow);
        Book(packet, flow.Last);
    }

    public SteeringMeasurement ToMeasurement(
        string policy, string trace, PreviewGroup group, ImmutableArray<CounterReading> counters, TraceStatistics statistics, Diagnostic? failure)
    {
        (long[] flows, long moved) = _flows.CountByRow(_packets.Length);
        long decidedPackets = _packets.Take(WithoutSynRow).Sum();
        long decidedFlows = flows.Take(WithoutSynRow).Sum();
        return new SteeringMeasurement
        {
            Policy = policy,
            Trace = trace,
            Slots = [.. Enumerable.Range(0, _slotCount).Select(slot => new SlotMeasurement(slot, group.Labels[slot], group.Occupied[slot], Decided(slot)))],
            Kernel = Decided(KernelRow),
            Rejected = Decided(RejectedRow),
            WithoutSyn = NotDecided(WithoutSynRow),
            Multicast = NotDecided(MulticastRow),
            Flows = _flows.Count,
            FlowsMoved = moved,
            PacketSkew = Skew(_packets, group),
            FlowSkew = Skew(flows, group),
            Counters = counters,
            Instructions = new InstructionCount(_runs, _runs == 0 ? 0 : (double)_instructions / _runs, _mostInstructions),
            Duration = _latest < _earliest ? TimeSpan.Zero : TimeSpan.FromTicks((_latest - _earliest) / 100),
            Statistics = statistics,
            Failure = failure,
            Warnings = [.. FindWarnings(trace)],
        };

        TrafficCount Decided(int row) => new(_packets[row], flows[row], _bytes[row], Share(_packets[row], decidedPackets), Share(flows[row], decidedFlows));
        TrafficCount NotDecided(int row) => new(_packets[row], flows[row], _bytes[row], null, null);
    }

    private static bool IsMulticast(in FlowKey flow) => flow.Family == IpFamily.V4
        ? (uint)flow.Destination >> 28 == 0xE || (uint)flow.Destination == uint.MaxValue
        : flow.Destination >> 120 == 0xFF;

    private static double? Share(long part, long whole) => whole == 0 ? null : (double)part / whole;

    private static double? Skew(long[] counts, PreviewGroup group)
    {
        long sum = counts.Take(group.SlotCount).Sum();
        int occupied = group.Occupied.Count(isOccupied => isOccupied);
        return sum == 0 ? null : (double)counts.Take(group.SlotCount).Max() * occupied / sum;
    }

    private ref FlowState FindFlow(in FlowKey key, int row)
    {
        ref FlowState flow = ref _flows.FindOrAdd(key, (ushort)row, out bool isNew);
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
    }

    private IEnumerable<Diagnostic> FindWarnings(string trace)
    {
        if (_bothDirections > 0)
        {
            yield return TraceDiagnostics.BothDirections.At(
                new SourceLocation(trace), $"'{trace}' holds both directions of {_bothDirections} of {_flows.Count - _bothDirections} conversations.");
        }

        if (_runs == 0)
        {
            yield return TraceDiagnostics.NothingDecided.At(new SourceLocation(trace), $"'{trace}' has no datagram and no SYN to decide.");
        }
    }
}
