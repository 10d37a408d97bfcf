using System.Collections.Immutable;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Simulator.Preview;

/// <summary>Runs two policies, or one for two groups, side by side over a trace. Nothing is applied. Memory grows with the number of flows, 64 to 192 bytes each.</summary>
public sealed class PolicyComparer
{
    private const int PacketsBetweenLooks = 1024;
    private const int MostSources = 20;

    private readonly ComparedSide _before;
    private readonly ComparedSide _after;
    private readonly SimulatorOptions _host;
    private readonly int _slotCount;
    private readonly bool _sameMembers;

    /// <summary>A comparison of two sides on equal hosts.</summary>
    public PolicyComparer(ComparedSide before, ComparedSide after, SimulatorOptions? host = null)
    {
        (_before, _after) = (before, after);
        _host = host ?? new SimulatorOptions { CpuCount = 1 };
        _slotCount = Math.Max(before.Group.SlotCount, after.Group.SlotCount);
        _sameMembers = before.Group.Occupied.SequenceEqual(after.Group.Occupied);
    }

    private int KernelRow => _slotCount;

    private int RejectedRow => _slotCount + 1;

    private int NoRow => _slotCount + 2;

    /// <summary>Reads the trace once and compares.</summary>
    /// <param name="trace">The trace.</param>
    /// <param name="progress">Told how much of the trace is read, from 0 to 1, or null when that is unknown.</param>
    /// <param name="cancellationToken">Ends the comparison.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public SteeringComparison Compare(IPacketSource trace, Action<double?>? progress = null, CancellationToken cancellationToken = default)
    {
        using IPacketReader reader = trace.Open(cancellationToken);
        using SimulatedSteering before = new(_before.Policy, _before.Group, _host);
        using SimulatedSteering after = new(_after.Policy, _after.Group, _host);
        using FlowStateTable flows = new();
        Dictionary<(int From, int To), (long Flows, long Packets)> moves = [];
        for (long count = 0; reader.TryRead(out Packet packet); count++)
        {
            if (count % PacketsBetweenLooks == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
                progress?.Invoke(reader.Progress);
            }

            if (TrafficTally.IsMulticast(packet.Flow))
            {
                continue;
            }

            bool isDecided = TrafficTally.IsDecided(packet);
            ref FlowState flow = ref flows.FindOrAdd(packet.Flow, (ushort)NoRow, out _);
            flow.Packets += flow.Packets == uint.MaxValue ? 0u : 1;
            int from = isDecided ? RowOf(before.Decide(packet)) : flow.First;
            int to = isDecided ? RowOf(after.Decide(packet)) : flow.Last;
            if (isDecided && (flow.First == NoRow || packet.Flow.Protocol == TransportProtocol.Tcp))
            {
                (flow.First, flow.Last) = ((ushort)from, (ushort)to);
            }

            flow.IsQuic |= QuicPacket.HasLongHeader(packet);
            if (from != NoRow)
            {
                (long moved, long packets) = moves.GetValueOrDefault((from, to));
                moves[(from, to)] = (moved, packets + 1);
            }
        }

        return Summarize(trace.Description, flows, moves, reader);
    }

    private int RowOf(in SteeringOutcome outcome) => outcome.Verdict switch
    {
        PolicyVerdict.Slot => outcome.Slot,
        PolicyVerdict.Kernel => KernelRow,
        _ => RejectedRow,
    };

    private MoveEffect EffectOf(int from, int to) =>
        from == KernelRow || to == KernelRow ? (from == to && _sameMembers ? MoveEffect.Stays : MoveEffect.Uncertain)
        : from == to ? MoveEffect.Stays
        : MoveEffect.Moves;

    /// <summary>Whether an established flow that is treated so breaks.</summary>
    private bool Breaks(in FlowState flow, MoveEffect effect)
    {
        if (flow.First == RejectedRow)
        {
            return false; // it never was
        }

        bool isGone = flow.First < _slotCount && (flow.First >= _after.Group.SlotCount || !_after.Group.Occupied[flow.First]);
        return flow.Protocol == TransportProtocol.Tcp ? isGone : effect == MoveEffect.Moves;
    }

    private string NameOf(int row) =>
        row == KernelRow ? "kernel"
        : row == RejectedRow ? "rejected"
        : row < _before.Group.SlotCount ? _before.Group.Labels[row]
        : _after.Group.Labels[row];

    private SteeringComparison Summarize(
        string trace, FlowStateTable flows, Dictionary<(int From, int To), (long Flows, long Packets)> moves, IPacketReader reader)
    {
        string[] protocols = ["Tcp", "Quic", "Udp"];
        long[,] impact = new long[protocols.Length, 4];
        Dictionary<(IpFamily, UInt128), (long Flows, long Packets)> sources = [];
        long withoutSyn = 0;
        foreach (ref readonly FlowState flow in flows.Places)
        {
            if (flow.IsEmpty)
            {
                continue;
            }

            if (flow.First == NoRow)
            {
                withoutSyn++;
                continue;
            }

            (long count, long packets) = moves.GetValueOrDefault((flow.First, flow.Last));
            moves[(flow.First, flow.Last)] = (count + 1, packets);
            MoveEffect effect = EffectOf(flow.First, flow.Last);
            int protocol = flow.Protocol == TransportProtocol.Tcp ? 0 : flow.IsQuic ? 1 : 2;
            impact[protocol, 0]++;
            impact[protocol, 1] += effect == MoveEffect.Moves ? 1 : 0;
            impact[protocol, 2] += effect == MoveEffect.Uncertain ? 1 : 0;
            impact[protocol, 3] += Breaks(flow, effect) ? 1 : 0;
            if (effect == MoveEffect.Moves)
            {
                (long moved, long movedPackets) = sources.GetValueOrDefault((flow.Family, flow.Source));
                sources[(flow.Family, flow.Source)] = (moved + 1, movedPackets + flow.Packets);
            }
        }

        FlowMove[] ordered =
        [
            .. moves.OrderBy(move => move.Key.From).ThenBy(move => move.Key.To).Select(move => new FlowMove(
                NameOf(move.Key.From), NameOf(move.Key.To), move.Value.Flows, move.Value.Packets, EffectOf(move.Key.From, move.Key.To))),
        ];
        return new SteeringComparison
        {
            Before = _before.Name,
            After = _after.Name,
            Trace = trace,
            Flows = ordered.Sum(move => move.Flows),
            FlowsMoved = Sum(MoveEffect.Moves, move => move.Flows),
            FlowsUncertain = Sum(MoveEffect.Uncertain, move => move.Flows),
            Packets = ordered.Sum(move => move.Packets),
            PacketsMoved = Sum(MoveEffect.Moves, move => move.Packets),
            PacketsUncertain = Sum(MoveEffect.Uncertain, move => move.Packets),
            FlowsWithoutSyn = withoutSyn,
            Moves = [.. ordered],
            Protocols =
            [
                .. protocols.Index().Where(protocol => impact[protocol.Index, 0] > 0).Select(protocol => new ProtocolImpact(
                    protocol.Item, impact[protocol.Index, 0], impact[protocol.Index, 1], impact[protocol.Index, 2], impact[protocol.Index, 3])),
            ],
            TopSources =
            [
                .. sources.OrderByDescending(source => source.Value.Packets).ThenByDescending(source => source.Value.Flows)
                    .ThenBy(source => source.Key.Item1).ThenBy(source => source.Key.Item2).Take(MostSources)
                    .Select(source => new MovedSource(FlowKey.ToAddress(source.Key.Item1, source.Key.Item2).ToString(), source.Value.Flows, source.Value.Packets)),
            ],
            Statistics = reader.Statistics,
            Failure = reader.Failure,
        };

        long Sum(MoveEffect effect, Func<FlowMove, long> count) => ordered.Where(move => move.Effect == effect).Sum(count);
    }
}
