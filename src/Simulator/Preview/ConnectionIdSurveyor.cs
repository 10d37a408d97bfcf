using System.Runtime.InteropServices;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Simulator.Preview;

/// <summary>
/// Reads the connection ids of a trace as a policy does: which slot each names, where the bytecode sends its datagrams, and which trains mix ids of different slots.
/// Memory grows with the flows and, up to <see cref="MostIds"/>, with the ids.
/// </summary>
/// <param name="policy">A policy with an action <c>by: connection-id</c>.</param>
/// <param name="compiled">The same, compiled for the states of the group's slots.</param>
/// <param name="group">The group.</param>
/// <param name="host">The host of the preview; null for one CPU.</param>
public sealed class ConnectionIdSurveyor(SteeringPolicy policy, CompiledPolicy compiled, PreviewGroup group, SimulatorOptions? host = null)
{
    /// <summary>Ids that are told apart.</summary>
    public const int MostIds = 100_000;

    /// <summary>Mixed trains that are described.</summary>
    public const int MostTrains = 1000;

    private const int PacketsBetweenLooks = 1024;

    /// <summary>Reads the trace once. A damaged trace is surveyed up to the damage, which is then the failure.</summary>
    /// <param name="trace">The trace.</param>
    /// <param name="progress">Told how much of the trace is read, from 0 to 1.</param>
    /// <param name="cancellationToken">Ends the survey.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public ConnectionIdSurvey Survey(IPacketSource trace, Action<double?>? progress = null, CancellationToken cancellationToken = default)
    {
        using IPacketReader reader = trace.Open(cancellationToken);
        using SimulatedSteering steering = new(compiled, group, host ?? new SimulatorOptions { CpuCount = 1 });
        ConnectionIdReader ids = new(policy, group.SlotCount, group.States);
        TrainFinder trains = new();
        Dictionary<(int Rule, string Id), Use> uses = [];
        long packets = 0, withoutId = 0, cutOff = 0, others = 0;
        int untilLook = PacketsBetweenLooks;
        while (reader.TryRead(out Packet packet))
        {
            if (--untilLook == 0)
            {
                untilLook = PacketsBetweenLooks;
                cancellationToken.ThrowIfCancellationRequested();
                progress?.Invoke(reader.Progress);
            }

            if (!TrafficTally.IsDecided(packet))
            {
                continue;
            }

            int slot = steering.Decide(packet).Slot;
            if (ids.Find(packet) is not CarriedConnectionId carried)
            {
                continue;
            }

            packets++;
            trains.Add(packet, slot, carried.IsCutOff ? [] : carried.Id);
            if (carried.IsCutOff)
            {
                cutOff++;
            }
            else if (carried.Id.Length == 0)
            {
                withoutId++;
            }
            else if (UseOf(uses, carried) is Use use)
            {
                use.Packets++;
                use.Slots.Add(slot);
            }
            else
            {
                others++;
            }
        }

        trains.Close();
        return new ConnectionIdSurvey
        {
            Packets = packets,
            WithoutId = withoutId,
            CutOff = cutOff,
            Ids = [.. uses.Values.OrderBy(use => use.Order).Select(use => new ConnectionIdUse(
                ImmutableCollectionsMarshal.AsImmutableArray(use.Carried.Id), ids.Read(use.Carried.Rule, use.Carried.Id), use.Packets, [.. use.Slots.Where(slot => slot >= 0)]))],
            PacketsOfOtherIds = others,
            Trains = trains.Count,
            MixedTrains = trains.MixedCount,
            Misrouted = trains.Misrouted,
            FirstMixedTrains = trains.Mixed,
            Failure = reader.Failure,
        };
    }

    private static Use? UseOf(Dictionary<(int Rule, string Id), Use> uses, in CarriedConnectionId carried)
    {
        (int Rule, string Id) key = (carried.Rule, Convert.ToHexString(carried.Id));
        if (!uses.TryGetValue(key, out Use? use) && uses.Count < MostIds)
        {
            uses[key] = use = new Use(uses.Count, carried);
        }

        return use;
    }

    private sealed class Use(int order, CarriedConnectionId carried)
    {
        public int Order { get; } = order;

        public CarriedConnectionId Carried { get; } = carried;

        public long Packets { get; set; }

        public SortedSet<int> Slots { get; } = [];
    }
}
