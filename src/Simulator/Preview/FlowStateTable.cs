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
    public ref FlowState FindOrAdd(in FlowKey key, ushort row, out bool isNew) => ref FindOrAdd(key, FlowState.HashOf(key), row, out isNew);

    /// <summary>The same, where the flow's hash is known.</summary>
    public ref FlowState FindOrAdd(in FlowKey key, uint hash, ushort row, out bool isNew)
    {
        ref FlowState place = ref FindPlace(key, hash);
        isNew = place.IsEmpty;
        if (isNew)
        {
            if (Count >= _states.Length / 4 * 3)
            {
                Grow();
                place = ref FindPlace(key, hash);
            }

            Count++;
            place = new FlowState(key) { First = row, Last = row };
        }

        return ref place;
    }

    /// <summary>
    /// Looks at the places where flows may be, in one go: they come into the processor's cache side by side and not one after the other.
    /// </summary>
    /// <returns>Nothing that means anything.</returns>
    public int Touch(ReadOnlySpan<uint> hashes)
    {
        FlowState[] states = _states;
        int seen = 0;
        foreach (uint hash in hashes)
        {
            // Its two ends, as it may lie in two lines.
            ref readonly FlowState place = ref states[hash & ((uint)states.Length - 1)];
            seen += place.First + place.Start;
        }

        return seen;
    }

    /// <summary>Whether the flow is there.</summary>
    public bool Contains(in FlowKey key) => !FindPlace(key, FlowState.HashOf(key)).IsEmpty;

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

    /// <summary>Forgets all flows, and keeps the memory.</summary>
    public void Clear()
    {
        Array.Clear(_states);
        Count = 0;
    }

    private ref FlowState FindPlace(scoped in FlowKey key, uint hash)
    {
        FlowState[] states = _states;
        uint mask = (uint)states.Length - 1;
        uint index = hash & mask;
        while (!states[index].IsEmpty && !states[index].IsOf(key))
        {
            index = (index + 1) & mask;
        }

        return ref states[index];
    }

    private void Grow()
    {
        FlowState[] larger = new FlowState[_states.Length * 2];
        uint mask = (uint)larger.Length - 1;
        foreach (ref readonly FlowState state in _states.AsSpan())
        {
            if (!state.IsEmpty)
            {
                uint index = state.Hash() & mask;
                while (!larger[index].IsEmpty)
                {
                    index = (index + 1) & mask;
                }

                larger[index] = state;
            }
        }

        _states = larger;
    }
}
