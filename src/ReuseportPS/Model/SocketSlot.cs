using System.Collections.Immutable;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Backends.Groups;

namespace ReuseportPS.Model;

/// <summary>A slot of a group as it is now.</summary>
/// <param name="Group">Name of the group.</param>
/// <param name="Backend">Where the group lives.</param>
/// <param name="Slot">Slot number, from 0.</param>
/// <param name="State">Active when a seat is taken, Empty otherwise.</param>
/// <param name="Share">Part of the flows that the policy means for it, 0 to 1; null when that hangs on the traffic (rules, kernel).</param>
/// <param name="ObservedShare">Part of the packets that its counter shows, 0 to 1; null without counters or packets.</param>
/// <param name="Seats">One seat per kernel group.</param>
public sealed record SocketSlot(
    string Group, BackendKind Backend, int Slot, string State, double? Share, double? ObservedShare, ImmutableArray<SeatStatus> Seats)
{
    /// <summary>Cookies of the members, one per seat; 0 for an empty one.</summary>
    public ImmutableArray<ulong> Cookie => [.. Seats.Select(seat => seat.Cookie)];

    /// <inheritdoc/>
    public override string ToString() => $"{Group} slot {Slot}";
}
