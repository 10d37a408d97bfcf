using System.Collections.Immutable;
using ReuseportPS.Engine.Backends.Snapshots;
using ReuseportPS.Engine.Packets;
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
        PolicyMemory memory = ReadMemory();
        Dictionary<int, RememberedLoad> loads = memory.Loads.ToDictionary(load => load.Slot);
        string[] tables = Policy is null ? [] : [.. Policy.StickyActions().Select(action => Policy.ActionName(action.Position))];
        return new SnapshotGroup
        {
            Name = Name,
            Ownership = Ownership,
            KernelGroups = [.. _kernelGroups.Select(Capture)],
            Slots =
            [
                .. Enumerable.Range(0, SlotCount).Select(slot => new SnapshotSlot(slot, _states[slot], _states.GenerationOf(slot), [.. _kernelGroups.Select(group => group.CookieAt(slot))])
                {
                    Weight = Policy is null ? null : PolicyWeights.Of(Policy, slot, SlotCount),
                    Load = loads.GetValueOrDefault(slot)?.Load,
                    LoadAge = loads.GetValueOrDefault(slot)?.Age ?? 0,
                }),
            ],
            Policy = Policy is null ? null : _text.Write(Policy),
            PolicyState = State,
            Epoch = Epoch,
            Program = Program?.Name,
            Counters = _live is null ? [] : ReadCounters(),
            Flows = [.. flows],
            StickyFlows = [.. SnapshotStickyFlow.InOrder(memory.Flows.Select(flow => new SnapshotStickyFlow(tables[flow.Table], flow.Flow, flow.Slot, flow.Generation, flow.Age)))],
        };
    }

    /// <summary>What the flow tables and the loads of the applied policy hold.</summary>
    public PolicyMemory ReadMemory() => _live?.ReadMemory() ?? PolicyMemory.Nothing;

    /// <summary>What of it a policy would know in the place of the present one.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="compiled">The same, compiled for the group.</param>
    public PolicyMemory ReadMemoryFor(SteeringPolicy policy, CompiledPolicy compiled)
    {
        if (_live is null)
        {
            using LivePolicy? recovered = OpenRecovered(compiled);
            return recovered?.ReadMemory() ?? PolicyMemory.Nothing;
        }

        return compiled.ChangeFrom(_live.Compiled) == PolicyChange.Program ? ReadMemory().Across(TablesAcross(policy)) : ReadMemory();
    }

    /// <summary>The flows that the flow tables keep for a slot, each once.</summary>
    public ImmutableArray<FlowKey> ReadKeptFlows() => [.. KeptFlows().Select(flow => flow.Flow).Distinct()];

    /// <summary>Flows that flow tables keep for some slots.</summary>
    internal int CountStickyFlows(ImmutableArray<int> slots) => KeptFlows().Count(flow => slots.Contains(flow.Slot));

    /// <summary>What still counts of the flow tables: of those who sit there now, and with a packet within the idle time.</summary>
    private IEnumerable<RememberedFlow> KeptFlows()
    {
        StickyFlows[] tables = Policy is null ? [] : [.. Policy.StickyActions().Select(action => action.Sticky)];
        return ReadMemory().Flows.Where(flow => flow.Age <= tables[flow.Table].IdleNanoseconds && flow.Generation == _states.GenerationOf(flow.Slot));
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
        string[] tables = [.. Policy!.StickyActions().Select(action => Policy.ActionName(action.Position))];
        _live!.Restore(new PolicyMemory(
            [
                .. snapshot.StickyFlows.Select(flow => new RememberedFlow(Array.IndexOf(tables, flow.Rule), flow.Flow, flow.Slot, flow.Generation, flow.Age))
                    .Where(flow => flow.Table >= 0).OrderByDescending(flow => flow.Age),
            ],
            [.. snapshot.Slots.Where(slot => slot.Load is not null).Select(slot => new RememberedLoad(slot.Slot, slot.Load!.Value, slot.LoadAge))]));
        _live.RestoreCounters(snapshot.Counters);
        _live.RestoreEpoch(snapshot.Epoch);
        SaveState(StateWith(Policy, _live.Compiled, _generation, [.. _kernelGroups.Select(group => group.Program!)], _live.Epoch));
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
