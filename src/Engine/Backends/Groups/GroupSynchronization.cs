using System.Collections.Immutable;

namespace ReuseportPS.Engine.Backends.Groups;

/// <summary>What <see cref="ManagedGroup.Synchronize"/> found and did.</summary>
/// <param name="Seated">Members that got a seat, with their slots.</param>
/// <param name="Unseatable">Members that could not get one, and why.</param>
/// <param name="Attached">Kernel groups that had lost the program and have it again.</param>
/// <param name="FormerSlotCount">Slots before.</param>
/// <param name="SlotCount">Slots now.</param>
/// <param name="EmptySlots">Slots that nobody sits in.</param>
public sealed record GroupSynchronization(
    ImmutableArray<(int Slot, SocketRecord Member)> Seated, ImmutableArray<(SocketRecord Member, string Reason)> Unseatable,
    ImmutableArray<KernelGroupKey> Attached, int FormerSlotCount, int SlotCount, ImmutableArray<int> EmptySlots)
{
    /// <summary>What still changed when the time to wait was over, in words; empty when nothing did, null when it was not waited.</summary>
    public ImmutableArray<string>? Unsettled { get; init; }

    /// <summary>This and what came after it, as one.</summary>
    internal GroupSynchronization Then(GroupSynchronization next) => next with
    {
        Seated = [.. Seated, .. next.Seated],
        Attached = [.. Attached.Union(next.Attached)],
        FormerSlotCount = FormerSlotCount,
    };

    /// <summary>Whether anything was done.</summary>
    public bool HasChanged => !Seated.IsEmpty || !Attached.IsEmpty || SlotCount != FormerSlotCount;
}
