using System.Collections.Immutable;
using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Engine.Backends.Groups;

// What the doctor (Health) must know of a group.
public sealed partial class ManagedGroup
{
    /// <summary>The network namespace of its members, as far as this shell can tell.</summary>
    public INetworkNamespace Place => _namespace ?? _backend.CurrentNamespace;

    /// <summary>Reads the group again: what other shells have done, and its seats.</summary>
    internal ImmutableArray<KernelGroupInspection> Inspect()
    {
        Refresh();
        return [.. _kernelGroups.Select(group => new KernelGroupInspection(
            group.Key, [.. Enumerable.Range(0, SlotCount).Select(group.CookieAt)], !group.Attached.IsNothing))];
    }

    /// <summary>Whether what is attached to one of its kernel groups was attached by this project, or is nothing.</summary>
    internal bool IsOurs(KernelGroupKey kernelGroup, SocketRecord member, Attachment attachment) =>
        IsOurs(_kernelGroups.First(group => group.Key == kernelGroup), member, attachment);

    /// <summary>How full the flow tables of the policy are, by the names of their rules; null when they cannot be read by this version.</summary>
    internal ImmutableArray<(string Rule, ulong Entries, int Capacity)>? ReadFlowTables() =>
        Policy is null ? [] :
        _live is null ? null :
        [.. Policy.StickyActions().Zip(_live.ReadFlowTables(), (action, table) => (Policy.ActionName(action.Position), table.Entries, table.Capacity))];

    /// <summary>Flows that were driven out of the flow tables for want of room since the policy was applied.</summary>
    internal ulong CountEvictions() => _live is null ? 0 : _live.ReadCounters().Where(counter => counter.Kind == CounterKind.StickyEvict).Aggregate(0UL, (sum, counter) => sum + counter.Value);
}
