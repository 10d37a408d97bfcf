using System.Buffers;

namespace ReuseportPS.Simulator.Preview;

/// <summary>
/// What cannot be booked of the flows of a part of a trace before the parts before it are known: packets of TCP flows that were not decided in this part, by the second,
/// and the rule that took a flow first. A flow's state holds the number of its note, 0 for none.
/// </summary>
internal sealed class FlowNotes : IDisposable
{
    // The first of each stands for none. The memory is lent, as that of FlowStateTable is.
    private Note[] _notes = ArrayPool<Note>.Shared.Rent(1024);
    private Stretch[] _stretches = ArrayPool<Stretch>.Shared.Rent(1024);
    private int _noteCount = 1;
    private int _stretchCount = 1;

    /// <summary>Without notes.</summary>
    public FlowNotes() => _notes[0] = default;

    /// <summary>Notes a packet that may belong to a decision made earlier.</summary>
    public void AddPacket(ref FlowState flow, long second, long bytes)
    {
        ref Note note = ref NoteOf(ref flow);
        ref Stretch last = ref _stretches[note.LastStretch];
        if (note.LastStretch != 0 && last.Second == second)
        {
            last = last with { Packets = last.Packets + 1, Bytes = last.Bytes + bytes };
            return;
        }

        Reserve(ref _stretches, _stretchCount);
        _stretches[_stretchCount] = new Stretch(second, 1, bytes, note.LastStretch);
        note.LastStretch = _stretchCount++;
    }

    /// <summary>Notes the rule that took a flow's first decided packet.</summary>
    public void SetRule(ref FlowState flow, int rule) => NoteOf(ref flow).Rule = rule + 1;

    /// <summary>The rule that took a flow first, or -1.</summary>
    public int RuleOf(in FlowState flow) => _notes[(int)flow.Packets].Rule - 1;

    /// <summary>The newest packets noted of a flow, or null.</summary>
    public Stretch? LastOf(in FlowState flow) => StretchAt(_notes[(int)flow.Packets].LastStretch);

    /// <summary>Those of the same flow before, or null.</summary>
    public Stretch? Before(Stretch stretch) => StretchAt(stretch.Before);

    /// <summary>Forgets all notes, and keeps the memory.</summary>
    public void Clear() => _noteCount = _stretchCount = 1;

    /// <summary>Gives the memory back; the notes are not to be used any more.</summary>
    public void Dispose()
    {
        ArrayPool<Note>.Shared.Return(_notes);
        ArrayPool<Stretch>.Shared.Return(_stretches);
        (_notes, _stretches) = ([], []);
    }

    private Stretch? StretchAt(int index) => index == 0 ? null : _stretches[index];

    private ref Note NoteOf(ref FlowState flow)
    {
        if (flow.Packets == 0)
        {
            Reserve(ref _notes, _noteCount);
            _notes[_noteCount] = default;
            flow.Packets = (uint)_noteCount++;
        }

        return ref _notes[(int)flow.Packets];
    }

    private static void Reserve<T>(ref T[] rows, int count)
    {
        if (count < rows.Length)
        {
            return;
        }

        T[] larger = ArrayPool<T>.Shared.Rent(2 * count);
        rows.CopyTo(larger, 0);
        ArrayPool<T>.Shared.Return(rows);
        rows = larger;
    }

    /// <summary>Packets of a flow in one second.</summary>
    /// <param name="Second">Second of the trace.</param>
    /// <param name="Packets">Packets in it.</param>
    /// <param name="Bytes">Their bytes.</param>
    /// <param name="Before">Number of the flow's stretch before; 0 for none.</param>
    public readonly record struct Stretch(long Second, long Packets, long Bytes, int Before);

    /// <param name="Rule">Number of the rule, and one more; 0 for none.</param>
    /// <param name="LastStretch">Number of its newest stretch; 0 for none.</param>
    private record struct Note(int Rule, int LastStretch);
}
