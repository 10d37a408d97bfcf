using System.Collections.Immutable;
using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Engine.Backends.Snapshots;

/// <summary>A slot in a snapshot.</summary>
/// <param name="Slot">Its number.</param>
/// <param name="State">What it is meant for.</param>
/// <param name="Generation">Whose turn in the seat it is, from 1 on.</param>
/// <param name="Seats">The cookie in its seat of each kernel group; 0 for an empty one.</param>
public sealed record SnapshotSlot(int Slot, SlotState State, uint Generation, ImmutableArray<ulong> Seats)
{
    /// <summary>Its weight, for who reads the snapshot: the policy's text says it too, and that counts. Null where the policy weighs nothing, or several actions weigh it differently.</summary>
    public int? Weight { get; init; }

    /// <summary>Its load as last told; null when none was.</summary>
    public uint? Load { get; init; }

    /// <summary>How old the load was, in nanoseconds; 0 without one.</summary>
    public ulong LoadAge { get; init; }
}
