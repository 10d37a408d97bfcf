using System.Runtime.InteropServices;

namespace ReuseportPS.Simulator.Preview;

/// <summary>
/// What cannot be booked of the flows of a part of a trace before the parts before it are known: packets of TCP flows that were not decided in this part, by the second,
/// and the rule that took a flow first. A flow's state holds the number of its note, 0 for none.
/// </summary>
internal sealed class FlowNotes
{
    private readonly List<Note> _notes = [default];
    private readonly List<Stretch> _stretches = [default];

    /// <summary>Notes a packet that may belong to a decision made earlier.</summary>
    public void AddPacket(ref FlowState flow, long second, long bytes)
    {
        ref Note note = ref NoteOf(ref flow);
        ref Stretch last = ref CollectionsMarshal.AsSpan(_stretches)[note.LastStretch];
        if (note.LastStretch != 0 && last.Second == second)
        {
            last = last with { Packets = last.Packets + 1, Bytes = last.Bytes + bytes };
            return;
        }

        _stretches.Add(new Stretch(second, 1, bytes, note.LastStretch));
        note.LastStretch = _stretches.Count - 1;
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
    public void Clear()
    {
        CollectionsMarshal.SetCount(_notes, 1);
        CollectionsMarshal.SetCount(_stretches, 1);
    }

    private Stretch? StretchAt(int index) => index == 0 ? null : _stretches[index];

    private ref Note NoteOf(ref FlowState flow)
    {
        if (flow.Packets == 0)
        {
            flow.Packets = (uint)_notes.Count;
            _notes.Add(default);
        }

        return ref CollectionsMarshal.AsSpan(_notes)[(int)flow.Packets];
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
