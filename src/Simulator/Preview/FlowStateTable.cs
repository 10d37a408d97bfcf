using System.Buffers;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Simulator.Preview;

/// <summary>
/// All flows of a preview: open addressing, at most three quarters full, doubling. That is 64 to 128 bytes per flow, and 192 at the moment of growth. The memory is lent: what
/// one table has outgrown another takes, and new memory costs more than what is done with it.
/// </summary>
internal sealed class FlowStateTable : IDisposable
{
    private int _length = 1024;
    private FlowState[] _states;

    /// <summary>A table without flows.</summary>
    public FlowStateTable() => _states = Lend(_length);

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
            if (Count >= _length / 4 * 3)
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
        uint mask = (uint)_length - 1;
        int seen = 0;
        foreach (uint hash in hashes)
        {
            // Its two ends, as it may lie in two lines.
            ref readonly FlowState place = ref states[hash & mask];
            seen += place.First + place.Start;
        }

        return seen;
    }

    /// <summary>Whether the flow is there.</summary>
    public bool Contains(in FlowKey key) => !FindPlace(key, FlowState.HashOf(key)).IsEmpty;

    /// <summary>Every place of the table, empty ones too; valid until a flow is added.</summary>
    public ReadOnlySpan<FlowState> Places => _states.AsSpan(0, _length);

    /// <summary>Flows by the row of their first decision, and how many were decided differently later.</summary>
    public (long[] ByFirstRow, long Moved) CountByRow(int rowCount)
    {
        long[] counts = new long[rowCount];
        long moved = 0;
        foreach (ref readonly FlowState state in Places)
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
        Array.Clear(_states, 0, _length);
        Count = 0;
    }

    /// <summary>Gives the memory back; the table is not to be used any more.</summary>
    public void Dispose()
    {
        ArrayPool<FlowState>.Shared.Return(_states);
        (_states, _length) = ([], 0);
    }

    private static FlowState[] Lend(int length)
    {
        FlowState[] states = ArrayPool<FlowState>.Shared.Rent(length);
        Array.Clear(states, 0, length);
        return states;
    }

    private ref FlowState FindPlace(scoped in FlowKey key, uint hash)
    {
        FlowState[] states = _states;
        uint mask = (uint)_length - 1;
        uint index = hash & mask;
        while (!states[index].IsEmpty && !states[index].IsOf(key))
        {
            index = (index + 1) & mask;
        }

        return ref states[index];
    }

    private void Grow()
    {
        FlowState[] larger = Lend(_length * 2);
        uint mask = ((uint)_length * 2) - 1;
        foreach (ref readonly FlowState state in Places)
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

        ArrayPool<FlowState>.Shared.Return(_states);
        (_states, _length) = (larger, _length * 2);
    }
}
