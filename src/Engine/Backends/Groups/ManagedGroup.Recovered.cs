using System.Collections.Immutable;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Engine.Backends.Groups;

// What a program that had lost its pins still knows when the policy that it is of is applied anew.
public sealed partial class ManagedGroup
{
    private bool IsRecovered => Program is { IsRecovered: true };

    /// <summary>
    /// The maps of the recovered program as those of a policy, when the policy compiles to that very program, by the kernel's own tag, and to maps of that size: then what its flow tables and loads
    /// hold is meant as the policy means it. Null otherwise. The caller disposes them.
    /// </summary>
    private LivePolicy? OpenRecovered(CompiledPolicy compiled)
    {
        if (!IsRecovered || _kernelGroups[0].Program is not IBackendProgram recovered)
        {
            return null;
        }

        LivePolicy? live = LivePolicy.Open(_backend, compiled, name => compiled.Program.Maps.FirstOrDefault(map => map.Name == name) is MapSpec spec ? OpenLike(spec) : null);
        if (live is null)
        {
            return null;
        }

        try
        {
            using IBackendProgram same = _backend.LoadProgram(compiled.Program, live.MapsFor(_kernelGroups[0]));
            if (same.Tag == recovered.Tag)
            {
                (LivePolicy found, live) = (live, null);
                return found;
            }

            return null;
        }
        finally
        {
            live?.Dispose();
        }
    }

    private IBackendMap? OpenLike(MapSpec spec)
    {
        IBackendMap? map = _folder?.OpenMap(MapPin(spec.Name, _generation));
        if (map is null || (map.Spec.Type, map.Spec.KeySize, map.Spec.ValueSize, map.Spec.MaxEntries) == (spec.Type, spec.KeySize, spec.ValueSize, spec.MaxEntries))
        {
            return map;
        }

        map.Dispose();
        return null;
    }

    /// <summary>What becomes of the flow tables of a recovered program.</summary>
    private ImmutableArray<FlowTable> RecoveredTables(SteeringPolicy policy)
    {
        using LivePolicy? live = OpenRecovered(Compile(policy, _states));
        return
        [
            .. policy.StickyActions().Select((action, number) =>
                new FlowTable(policy.ActionName(action.Position), live is not null, live is null ? "the program that lost its pins is not that of this policy" : null)
                {
                    Number = number,
                    FormerNumber = number,
                }),
        ];
    }

    /// <summary>Whose turn it is in each slot, so that the flows in the tables of a recovered program count on: its data says so, and the state that said so is gone with the pins.</summary>
    private SlotStates RecoveredStates(SteeringPolicy policy)
    {
        using LivePolicy? live = policy.StickyActions().Any() ? OpenRecovered(Compile(policy, _states)) : null;
        if (live is null)
        {
            return _states;
        }

        SlotTables tables = new(policy, SlotCount, _states);
        SlotStates states = _states;
        foreach ((int first, int slot) in policy.StickyActions().SelectMany(action => Enumerable.Range(0, SlotCount).Select(slot => (tables[action.Position]!.KeepsFirst, slot))))
        {
            // Those that came to sit since are counted on top.
            uint turn = live.ReadTable(first + slot) + _states.GenerationOf(slot) - 1;
            if (turn > states.GenerationOf(slot))
            {
                states = states with { Generations = states.Generations.SetItem(slot, turn) };
            }
        }

        return states;
    }
}
