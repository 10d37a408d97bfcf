using System.Collections.Immutable;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Engine.Backends.Snapshots;

/// <summary>A managed group as it was at one moment: all that a preview looks at, and no payload.</summary>
public sealed record SnapshotGroup
{
    /// <summary>Name of the group.</summary>
    public required string Name { get; init; }

    /// <summary>Owned or adopted.</summary>
    public required GroupOwnership Ownership { get; init; }

    /// <summary>Its kernel groups, in the order of each slot's seats.</summary>
    public required ImmutableArray<SnapshotKernelGroup> KernelGroups { get; init; }

    /// <summary>Its slots, by number.</summary>
    public required ImmutableArray<SnapshotSlot> Slots { get; init; }

    /// <summary>The policy as text; null when it had none.</summary>
    public string? Policy { get; init; }

    /// <summary>Whether the policy stayed, waited to be confirmed, or was what the group had returned to.</summary>
    public PolicyState PolicyState { get; init; }

    /// <summary>The epoch of the policy's data.</summary>
    public uint Epoch { get; init; }

    /// <summary>Name of the program that it had in the place of a policy; null for none. The program itself is not in the snapshot.</summary>
    public string? Program { get; init; }

    /// <summary>What the policy's program had counted.</summary>
    public ImmutableArray<CounterReading> Counters { get; init; } = [];

    /// <summary>The established connections of the group, in the order of their clients.</summary>
    public ImmutableArray<LiveConnection> Flows { get; init; } = [];

    /// <summary>The flows that the policy's flow tables knew.</summary>
    public ImmutableArray<SnapshotStickyFlow> StickyFlows { get; init; } = [];

    /// <summary>The states of the slots, and how often their seats had changed hands.</summary>
    public SlotStates States => Slots.Aggregate(SlotStates.AllActive, (states, slot) => slot.State == SlotState.Active && slot.Generation == 1 ? states : states with
    {
        States = states.States.SetItem(slot.Slot, slot.State),
        Generations = states.Generations.SetItem(slot.Slot, slot.Generation),
    });
}
