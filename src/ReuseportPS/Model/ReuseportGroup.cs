using System.Collections.Immutable;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Backends.Groups;

namespace ReuseportPS.Model;

/// <summary>A group as it is now.</summary>
public record ReuseportGroup
{
    internal ReuseportGroup(ManagedGroup group)
    {
        Name = group.Name;
        Backend = group.Backend.Kind;
        Ownership = group.Ownership;
        KernelGroups = group.KernelGroups;
        SlotCount = group.SlotCount;
        SeatedCount = group.ReadSlots().Sum(slot => slot.Seats.Count(seat => seat.Cookie != 0));
        Policy = group.Policy?.Name ?? (group.Program is null ? null : $"program '{group.Program.Name}'");
        State = group.State;
        ProgramId = group.ProgramIds;
    }

    /// <summary>Name of the group.</summary>
    public string Name { get; }

    /// <summary>Where it lives.</summary>
    public BackendKind Backend { get; }

    /// <summary>Whose sockets its members are.</summary>
    public GroupOwnership Ownership { get; }

    /// <summary>Its kernel groups.</summary>
    public ImmutableArray<KernelGroupKey> KernelGroups { get; }

    /// <summary>Its end points as text, one per kernel group.</summary>
    public string EndPoint => string.Join(", ", KernelGroups);

    /// <summary>Slots, numbered from 0.</summary>
    public int SlotCount { get; }

    /// <summary>Seats taken, over all kernel groups.</summary>
    public int SeatedCount { get; }

    /// <summary>Name of the policy applied; <c>program 'name'</c> when a program is; or null.</summary>
    public string? Policy { get; }

    /// <summary>Whether that stays, waits to be confirmed, or is what the group has returned to.</summary>
    public PolicyState State { get; }

    /// <summary>Ids of the programs attached, one per kernel group.</summary>
    public ImmutableArray<uint> ProgramId { get; }

    /// <inheritdoc/>
    public sealed override string ToString() => Name;
}
