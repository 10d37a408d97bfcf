using System.Collections.Immutable;

namespace ReuseportPS.Engine.Policies;

/// <summary>The state of each slot, and how often its seat has changed hands. Slots that are not mentioned are active, with the first who sits there.</summary>
/// <param name="States">State by slot.</param>
/// <param name="Generations">By slot a number from 1 on that is another whenever another socket is seated; 0 stands for 1.</param>
public sealed record SlotStates(ImmutableDictionary<int, SlotState> States, ImmutableDictionary<int, uint> Generations)
{
    /// <summary>All slots active.</summary>
    public static SlotStates AllActive { get; } = new(ImmutableDictionary<int, SlotState>.Empty, ImmutableDictionary<int, uint>.Empty);

    /// <summary>The cookies of the sockets in the seats, by slot; several when a slot has seats in several kernel groups.</summary>
    public ImmutableDictionary<int, ImmutableArray<ulong>> Cookies { get; init; } = ImmutableDictionary<int, ImmutableArray<ulong>>.Empty;

    /// <summary>The state of a slot.</summary>
    public SlotState this[int slot] => States.GetValueOrDefault(slot);

    /// <summary>Whose turn in the seat it is, from 1 on.</summary>
    public uint GenerationOf(int slot) => Math.Max(1, Generations.GetValueOrDefault(slot));

    /// <summary>Whether two say the same of each slot of a group; who sits there is not compared.</summary>
    public bool Equals(SlotStates other, int slotCount) =>
        Enumerable.Range(0, slotCount).All(slot => this[slot] == other[slot] && GenerationOf(slot) == other.GenerationOf(slot));

    /// <summary>The same with another state of one slot.</summary>
    public SlotStates With(int slot, SlotState state) => this with { States = States.SetItem(slot, state) };

    /// <summary>The same with another socket in one seat.</summary>
    public SlotStates Reseated(int slot) => this with { Generations = Generations.SetItem(slot, GenerationOf(slot) + 1) };
}
