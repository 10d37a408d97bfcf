using System.Collections.Immutable;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Model;

/// <summary>A slot of a group as it is now.</summary>
public sealed record SocketSlot
{
    /// <summary>Group name.</summary>
    public required string Group { get; init; }

    /// <summary>Where the group lives.</summary>
    public required BackendKind Backend { get; init; }

    /// <summary>Slot number, from 0.</summary>
    public required int Slot { get; init; }

    /// <summary>What it is meant for; Empty when nobody sits there, whatever it is meant for.</summary>
    public required SocketSlotState State { get; init; }

    /// <summary>Its weight; null when the policy weighs nothing, or several actions weigh it differently.</summary>
    public required int? Weight { get; init; }

    /// <summary>Its load as last told; null when none was, or the policy looks at none.</summary>
    public required uint? Load { get; init; }

    /// <summary>How old the load is; null without one.</summary>
    public required TimeSpan? LoadAge { get; init; }

    /// <summary>Part of the new flows that the policy means for it, given the states, 0 to 1; null when that hangs on the traffic (rules, kernel, loads, CPUs).</summary>
    public required double? Share { get; init; }

    /// <summary>Part of the packets that its counter shows, 0 to 1; null without counters or packets.</summary>
    public required double? ObservedShare { get; init; }

    /// <summary>Whose turn in the seat it is, from 1 on: another whenever another socket is seated.</summary>
    public required uint Generation { get; init; }

    /// <summary>One seat per kernel group.</summary>
    public required ImmutableArray<SeatStatus> Seats { get; init; }

    /// <summary>Cookies of the members, one per seat; 0 for an empty one.</summary>
    public ImmutableArray<ulong> Cookie => [.. Seats.Select(seat => seat.Cookie)];

    /// <inheritdoc/>
    public override string ToString() => $"{Group} slot {Slot}";

    /// <summary>The slots of a group.</summary>
    /// <param name="group">The group.</param>
    /// <param name="now">CLOCK_MONOTONIC in nanoseconds.</param>
    internal static IEnumerable<SocketSlot> Of(ManagedGroup group, ulong now)
    {
        CounterReading[] counters = group.Compiled is null ? [] : [.. group.ReadCounters().Where(counter => counter.Kind == CounterKind.Slot)];
        double total = counters.Sum(counter => (double)counter.Value);
        ImmutableArray<ulong> loads = group.ReadLoads();
        foreach (SlotStatus slot in group.ReadSlots())
        {
            ulong load = loads.Length > slot.Slot ? loads[slot.Slot] : 0;
            yield return new SocketSlot
            {
                Group = group.Name,
                Backend = group.Backend.Kind,
                Slot = slot.Slot,
                State = slot.Seats.Any(seat => seat.Cookie != 0) ? (SocketSlotState)group.States[slot.Slot] : SocketSlotState.Empty,
                Weight = group.Policy is null ? null : PolicyWeights.Of(group.Policy, slot.Slot, group.SlotCount),
                Load = load == 0 ? null : (uint)load,
                LoadAge = load == 0 ? null : SlotLoad.Age(load, now),
                Share = group.Policy is null ? null : IntendedShare.Of(group.Policy, slot.Slot, group.SlotCount, group.States),
                ObservedShare = total > 0 ? counters[slot.Slot].Value / total : null,
                Generation = group.States.GenerationOf(slot.Slot),
                Seats = slot.Seats,
            };
        }
    }
}
