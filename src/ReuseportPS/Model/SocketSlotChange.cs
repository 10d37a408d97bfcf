using System.Collections.Immutable;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Model;

/// <summary>What Set-, Clear- or Resume-SocketSlot did.</summary>
public record SocketSlotChange
{
    internal SocketSlotChange(ManagedGroup group, SlotOutcome outcome)
    {
        Group = group.Name;
        Backend = group.Backend.Kind;
        Slot = outcome.Plan.Slots;
        Change = outcome.Plan.Policy.Change;
        Changed = [.. outcome.Plan.Deltas.Select(delta => delta.ToString())];
        Note = outcome.Plan.Notes;
        (EpochBefore, EpochAfter) = (outcome.EpochBefore, outcome.EpochAfter);
    }

    /// <summary>Group name.</summary>
    public string Group { get; }

    /// <summary>Where the group lives.</summary>
    public BackendKind Backend { get; }

    /// <summary>The slots that were named.</summary>
    public ImmutableArray<int> Slot { get; }

    /// <summary>What it took: nothing (loads are stored by themselves), data, or a program where the group's own was not in force.</summary>
    public PolicyChange Change { get; }

    /// <summary>What is different now; nothing when everything was so already.</summary>
    public ImmutableArray<string> Changed { get; }

    /// <summary>Whether anything is different now.</summary>
    public bool HasChanged => !Changed.IsEmpty;

    /// <summary>The epoch that packets were decided by before.</summary>
    public uint EpochBefore { get; }

    /// <summary>The epoch that packets are decided by now.</summary>
    public uint EpochAfter { get; }

    /// <summary>What one should know about it.</summary>
    public ImmutableArray<string> Note { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{Group}: {(HasChanged ? string.Join(", ", Changed) : "nothing changed")}";
}
