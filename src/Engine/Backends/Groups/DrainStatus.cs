using System.Collections.Immutable;

namespace ReuseportPS.Engine.Backends.Groups;

/// <summary>What slots that are drained still have to do.</summary>
/// <param name="Queued">TCP connections that wait in the accept queues of their members.</param>
/// <param name="QueuedBytes">UDP: bytes that wait in the receive buffers of their members.</param>
/// <param name="HalfOpen">Half-open connections to the group that were there when the watch began; null where the host does not tell. Whose they are is not told.</param>
/// <param name="Established">Connections that the slots' workers hold, also those whose client has closed and the worker has not; null when it was not asked for, or the workers cannot be told from those of other slots.</param>
/// <param name="StickyFlows">Flows that flow tables keep for the slots; null when it was not asked for.</param>
/// <param name="Lost">Connections that waited in an accept queue when its listener was seen for the last time, less those that moved to another listener meanwhile.</param>
/// <param name="Migrated">TCPMigrateReqSuccess and TCPMigrateReqFailure of the network namespace since the watch began; null where they cannot be read.</param>
/// <param name="Notes">What could not be seen, and why.</param>
public sealed record DrainStatus(
    int Queued, int QueuedBytes, int? HalfOpen, int? Established, int? StickyFlows, int Lost, (long Success, long Failure)? Migrated, ImmutableArray<string> Notes)
{
    /// <summary>Whether nothing is left of what was looked at.</summary>
    public bool IsDrained => Queued == 0 && QueuedBytes == 0 && HalfOpen is null or 0 && Established is null or 0 && StickyFlows is null or 0;
}
