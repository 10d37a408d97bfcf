using System.Collections.Immutable;
using ReuseportPS.Engine.Backends.Snapshots;
using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Engine.Backends.Groups;

// The group as plain data, and back.
public sealed partial class ManagedGroup
{
    /// <summary>The group as it is now.</summary>
    /// <param name="flows">Its live connections.</param>
    public SnapshotGroup Capture(IReadOnlyList<LiveConnection> flows)
    {
        Refresh();
        ulong now = _backend.MonotonicTime;
        ImmutableArray<ulong> loads = ReadLoads();
        return new SnapshotGroup
        {
            Name = Name,
            Ownership = Ownership,
            KernelGroups = [.. _kernelGroups.Select(Capture)],
            Slots =
            [
                .. Enumerable.Range(0, SlotCount).Select(slot =>
                {
                    ulong load = loads.Length > slot ? loads[slot] : 0;
                    return new SnapshotSlot(slot, _states[slot], _states.GenerationOf(slot), [.. _kernelGroups.Select(group => group.CookieAt(slot))])
                    {
                        Weight = Policy is null ? null : PolicyWeights.Of(Policy, slot, SlotCount),
                        Load = load == 0 ? null : (uint)load,
                        LoadAge = load == 0 ? 0 : SlotLoad.AgeInNanoseconds(load, now),
                    };
                }),
            ],
            Policy = Policy is null ? null : _text.Write(Policy),
            PolicyState = State,
            Epoch = Epoch,
            Program = Program?.Name,
            Counters = _live is null ? [] : ReadCounters(),
            Flows = [.. flows],
            StickyFlows = _live is null || Policy is null ? [] : [.. SnapshotStickyFlow.InOrder(_live.ReadFlows(Policy))],
        };
    }

    /// <summary>Gives a group that was just seated the states, the policy, the loads and the counters of a snapshot.</summary>
    /// <exception cref="Diagnostics.DiagnosticException">A kernel group has no member, or the policy does not fit the group.</exception>
    internal void Restore(SnapshotGroup snapshot)
    {
        _states = snapshot.States;
        if (Ownership == GroupOwnership.Adopted)
        {
            Install(index => _backend.LoadProgram(PassingProgram.Spec, [_kernelGroups[index].Seats]), applied: null, force: false, members: default, maps: []);
        }

        if (snapshot.Policy is null)
        {
            return;
        }

        Apply(_text.Read(snapshot.Policy));
        ulong now = _backend.MonotonicTime;
        foreach (SnapshotSlot slot in ReadLoads().IsEmpty ? [] : snapshot.Slots.Where(slot => slot.Load is not null))
        {
            // The clock of a host that has just begun stands before the time at which the load was told: both wrap around.
            _live!.StoreLoad(slot.Slot, SlotLoad.Pack(slot.Load!.Value, unchecked(now - slot.LoadAge)));
        }

        _live!.RestoreFlows(Policy!, snapshot.StickyFlows);
        _live.RestoreCounters(snapshot.Counters);
        _live.RestoreEpoch(snapshot.Epoch);
        SaveState(Policy, _live.Compiled, _generation, [.. _kernelGroups.Select(group => group.Program!)], _live.Epoch);
    }

    private SnapshotKernelGroup Capture(KernelGroup group)
    {
        ImmutableArray<SocketRecord> members = FindMembers(group);
        IReadOnlyList<ulong>? order = members.IsEmpty ? [] : _backend.MemberOrder(members[0]);
        ImmutableArray<ulong> found = [.. Seating.InKernelOrder(_backend, members).Select(member => member.Cookie)];

        // Whoever sits there is a member, also where this shell does not see its socket.
        ImmutableArray<ulong> unseen = [.. Enumerable.Range(0, SlotCount).Select(group.CookieAt).Where(cookie => cookie != 0).Except(found)];
        return new SnapshotKernelGroup(group.Key, [.. found, .. unseen], order is not null && unseen.IsEmpty);
    }
}
