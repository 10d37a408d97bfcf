using System.Collections.Immutable;
using System.Globalization;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Simulator.Preview;

/// <summary>The group that a preview pretends to have: slots in seat order, and which of them hold a member.</summary>
public sealed record PreviewGroup
{
    /// <summary>A group with a member in every slot.</summary>
    /// <param name="slotCount">Slots, 1 to 32768.</param>
    public PreviewGroup(int slotCount)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(slotCount, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(slotCount, 32768);
        SlotCount = slotCount;
        Occupied = [.. Enumerable.Repeat(true, slotCount)];
        Labels = [.. Enumerable.Range(0, slotCount).Select(slot => string.Create(CultureInfo.InvariantCulture, $"slot {slot}"))];
    }

    /// <summary>Number of slots.</summary>
    public int SlotCount { get; }

    /// <summary>By slot: whether its seat holds a member, which at least one must. A seat without one is a miss.</summary>
    public ImmutableArray<bool> Occupied
    {
        get;
        init => field = value.Length == SlotCount && value.Contains(true)
            ? value
            : throw new ArgumentException($"Of {SlotCount} slots {value.Length} are described and {value.Count(isOccupied => isOccupied)} hold a member.");
    }

    /// <summary>The states of the slots, which a policy is compiled with.</summary>
    public SlotStates States { get; init; } = SlotStates.AllActive;

    /// <summary>What the policy knows of flows and loads when the trace begins.</summary>
    public PolicyMemory Memory { get; init; } = PolicyMemory.Nothing;

    /// <summary>By slot: what to call it (<c>slot 3</c>, <c>nginx 4711</c>).</summary>
    public ImmutableArray<string> Labels
    {
        get;
        init => field = value.Length == SlotCount ? value : throw new ArgumentException($"There are {SlotCount} slots, and {value.Length} have a label.");
    }
}
