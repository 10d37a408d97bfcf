using System.Collections.Immutable;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Backends.Groups;

namespace ReuseportPS.Model;

/// <summary>What Sync-ReuseportGroup found and did.</summary>
public sealed record ReuseportGroupSynchronization
{
    internal ReuseportGroupSynchronization(ManagedGroup group, GroupSynchronization done)
    {
        Group = group.Name;
        Backend = group.Backend.Kind;
        Change = done.HasChanged;
        Seated = [.. done.Seated.Select(seat => $"slot {seat.Slot}: {KernelGroupKey.Of(seat.Member)} cookie {seat.Member.Cookie}")];
        SeatedSlot = [.. done.Seated.Select(seat => seat.Slot)];
        Unseatable = [.. done.Unseatable.Select(one => $"{KernelGroupKey.Of(one.Member)} cookie {one.Member.Cookie}: {one.Reason}")];
        Attached = [.. done.Attached.Select(key => key.ToString())];
        (FormerSlotCount, SlotCount, EmptySlot) = (done.FormerSlotCount, done.SlotCount, done.EmptySlots);
        Unsettled = done.Unsettled ?? [];
        Settled = done.Unsettled?.IsEmpty;
    }

    /// <summary>Name of the group.</summary>
    public string Group { get; }

    /// <summary>Where it lives.</summary>
    public BackendKind Backend { get; }

    /// <summary>Whether anything had to be done.</summary>
    public bool Change { get; }

    /// <summary>Members that got a seat.</summary>
    public ImmutableArray<string> Seated { get; }

    /// <summary>Their slots, in the same order.</summary>
    public ImmutableArray<int> SeatedSlot { get; }

    /// <summary>Members that could not get one, and why.</summary>
    public ImmutableArray<string> Unseatable { get; }

    /// <summary>Kernel groups that had lost the program and have it again.</summary>
    public ImmutableArray<string> Attached { get; }

    /// <summary>Slots before.</summary>
    public int FormerSlotCount { get; }

    /// <summary>Slots now.</summary>
    public int SlotCount { get; }

    /// <summary>Slots that nobody sits in.</summary>
    public ImmutableArray<int> EmptySlot { get; }

    /// <summary>Whether the server had settled; null when that was not waited for.</summary>
    public bool? Settled { get; }

    /// <summary>What still changed when the time to wait was over.</summary>
    public ImmutableArray<string> Unsettled { get; }
}
