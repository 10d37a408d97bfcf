using System.Globalization;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Backends.Snapshots;
using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Simulator.Snapshots;

/// <summary>Whether what a snapshot says in several places fits together.</summary>
internal static class SnapshotConsistency
{
    /// <exception cref="DiagnosticException">RPS5394: it does not.</exception>
    public static void Require(HostSnapshot snapshot, SnapshotNode groups)
    {
        HashSet<string> names = new(StringComparer.Ordinal);
        Dictionary<ulong, KernelGroupKey> owners = [];
        for (int number = 0; number < snapshot.Groups.Length; number++)
        {
            SnapshotGroup group = snapshot.Groups[number];
            SnapshotNode place = groups with { Path = string.Create(CultureInfo.InvariantCulture, $"groups[{number}]") };
            if (!names.Add(group.Name))
            {
                throw place.Fail(SnapshotDiagnostics.Contradiction, $"has the name of another group, '{group.Name}'");
            }

            RequireMembers(group, place, owners);
            RequireSlots(group, place);
            if (group.Flows.FirstOrDefault(flow => !group.KernelGroups.Any(kernelGroup => kernelGroup.Key.Takes(flow))) is LiveConnection stray)
            {
                throw place.Fail(SnapshotDiagnostics.Contradiction, $"cannot have taken the flow {stray.Flow}");
            }
        }
    }

    private static void RequireMembers(SnapshotGroup group, SnapshotNode place, Dictionary<ulong, KernelGroupKey> owners)
    {
        HashSet<KernelGroupKey> keys = [];
        foreach (SnapshotKernelGroup kernelGroup in group.KernelGroups)
        {
            if (!keys.Add(kernelGroup.Key))
            {
                throw place.Fail(SnapshotDiagnostics.Contradiction, $"has the kernel group {kernelGroup.Key} twice");
            }

            HashSet<ulong> members = [];
            foreach (ulong cookie in kernelGroup.Members)
            {
                // Two groups may share a kernel group, each with seats of its own.
                if (!members.Add(cookie) || (owners.TryGetValue(cookie, out KernelGroupKey? owner) && owner != kernelGroup.Key))
                {
                    throw place.Fail(SnapshotDiagnostics.Contradiction, FormattableString.Invariant($"has the member with cookie {cookie} twice"));
                }

                owners[cookie] = kernelGroup.Key;
            }
        }
    }

    private static void RequireSlots(SnapshotGroup group, SnapshotNode place)
    {
        HashSet<ulong>[] members = [.. group.KernelGroups.Select(kernelGroup => kernelGroup.Members.ToHashSet())];
        for (int index = 0; index < group.Slots.Length; index++)
        {
            SnapshotSlot slot = group.Slots[index];
            if (slot.Slot != index || slot.Seats.Length != members.Length)
            {
                throw place.Fail(SnapshotDiagnostics.Contradiction, FormattableString.Invariant($"has at place {index} of its slots slot {slot.Slot} with {slot.Seats.Length} seats, not slot {index} with one for each kernel group"));
            }

            for (int seat = 0; seat < members.Length; seat++)
            {
                // Each cookie is taken away with its first seat, so that a second one finds none.
                if (slot.Seats[seat] != 0 && !members[seat].Remove(slot.Seats[seat]))
                {
                    throw place.Fail(SnapshotDiagnostics.Contradiction, FormattableString.Invariant($"has in slot {index} the cookie {slot.Seats[seat]}, which no member has, or one that sits elsewhere"));
                }
            }
        }
    }
}
