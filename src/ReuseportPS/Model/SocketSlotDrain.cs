using System.Collections.Immutable;
using ReuseportPS.Engine.Backends.Groups;

namespace ReuseportPS.Model;

/// <summary>What Suspend-SocketSlot did, and what the slots still have to do.</summary>
public sealed record SocketSlotDrain : SocketSlotChange
{
    internal SocketSlotDrain(ManagedGroup group, SlotOutcome outcome, DrainStatus status, TimeSpan waited, bool hasWaited)
        : base(group, outcome)
    {
        IsDrained = status.IsDrained;
        (Queued, QueuedBytes, HalfOpen, Established, StickyFlows, Lost) =
            (status.Queued, status.QueuedBytes, status.HalfOpen, status.Established, status.StickyFlows, status.Lost);
        (MigrateSuccess, MigrateFailure) = (status.Migrated?.Success, status.Migrated?.Failure);
        Waited = hasWaited ? waited : null;
        Unseen = status.Notes;
    }

    /// <summary>Whether nothing is left of what was looked at.</summary>
    public bool IsDrained { get; }

    /// <summary>TCP connections that wait in the accept queues.</summary>
    public int Queued { get; }

    /// <summary>UDP: bytes that wait in the receive buffers.</summary>
    public int QueuedBytes { get; }

    /// <summary>Half-open connections to the group that were there when the state was changed; null where the host does not tell.</summary>
    public int? HalfOpen { get; }

    /// <summary>Connections that the slots' workers hold; null without -IncludeEstablished, or when it cannot be told whose they are.</summary>
    public int? Established { get; }

    /// <summary>Flows that flow tables keep for the slots; null without -IncludeEstablished.</summary>
    public int? StickyFlows { get; }

    /// <summary>Connections that were in an accept queue whose listener went away, and moved nowhere.</summary>
    public int Lost { get; }

    /// <summary>TCPMigrateReqSuccess of the namespace since the state was changed; null where it cannot be read.</summary>
    public long? MigrateSuccess { get; }

    /// <summary>TCPMigrateReqFailure, likewise.</summary>
    public long? MigrateFailure { get; }

    /// <summary>How long it was waited; null without -Wait.</summary>
    public TimeSpan? Waited { get; }

    /// <summary>What could not be seen.</summary>
    public ImmutableArray<string> Unseen { get; }
}
