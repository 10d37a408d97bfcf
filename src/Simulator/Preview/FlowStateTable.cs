using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Simulator.Preview;

/// <summary>
/// All flows of a preview: open addressing, at most three quarters full, doubling. That is 64 to 128 bytes per flow, and 192 at the moment of growth.
/// </summary>
internal sealed class FlowStateTable
{
    private FlowState[] _states = new FlowState[1024];

    /// <summary>Number of flows.</summary>
    public int Count { get; private set; }

    /// <summary>The flow's state; valid until the next call. A new flow is added with this row.</summary>
    public ref FlowState FindOrAdd(in FlowKey key, ushort row, out bool isNew)
    {
        FlowState wanted = new(key);
        ref FlowState place = ref FindPlace(_states, wanted);
        isNew = place.IsEmpty;
        if (isNew)
        {
            if (Count >= _states.Length / 4 * 3)
            {
                Grow();
                place = ref FindPlace(_states, wanted);
            }

            Count++;
            place = wanted;
            place.First = row;
            place.Last = row;
        }

        return ref place;
    }

    /// <summary>Looks at the place where the flow may be; what is returned means nothing.</summary>
    public int Touch(in FlowKey key) => _states[new FlowState(key).Hash() & ((uint)_states.Length - 1)].First;

    /// <summary>Whether the flow is there.</summary>
    public bool Contains(in FlowKey key) => !FindPlace(_states, new FlowState(key)).IsEmpty;

    /// <summary>Every place of the table, empty ones too; valid until a flow is added.</summary>
    public ReadOnlySpan<FlowState> Places => _states;

    /// <summary>Flows by the row of their first decision, and how many were decided differently later.</summary>
    public (long[] ByFirstRow, long Moved) CountByRow(int rowCount)
    {
        long[] counts = new long[rowCount];
        long moved = 0;
        foreach (ref readonly FlowState state in _states.AsSpan())
        {
            if (!state.IsEmpty)
            {
                counts[state.First]++;
                moved += state.HasMoved ? 1 : 0;
            }
        }

        return (counts, moved);
    }

    private static ref FlowState FindPlace(FlowState[] states, scoped in FlowState wanted)
    {
        uint mask = (uint)states.Length - 1;
        uint index = wanted.Hash() & mask;
        while (!states[index].IsEmpty && !states[index].IsSameFlow(wanted))
        {
            index = (index + 1) & mask;
        }

        return ref states[index];
    }

    private void Grow()
    {
        FlowState[] larger = new FlowState[_states.Length * 2];
        foreach (ref readonly FlowState state in _states.AsSpan())
        {
            if (!state.IsEmpty)
            {
                FindPlace(larger, state) = state;
            }
        }

        _states = larger;
    }
}
