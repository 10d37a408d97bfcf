using System.Collections.Immutable;

namespace ReuseportPS.Engine.Backends.Groups;

/// <summary>A slot with its seats, in the order of the group's kernel groups.</summary>
/// <param name="Slot">Slot number, from 0.</param>
/// <param name="Seats">One seat per kernel group.</param>
public sealed record SlotStatus(int Slot, ImmutableArray<SeatStatus> Seats);
