using System.Collections.Immutable;
using ReuseportPS.Engine.Btf;

namespace ReuseportPS.Engine.Programs;

/// <summary>What a BTF blob says of a program: its functions and the source of its instructions.</summary>
/// <param name="types">The blob, fit for BPF_BTF_LOAD.</param>
/// <param name="functions">The functions, by slot; the first at 0.</param>
/// <param name="lines">The lines, by slot.</param>
public sealed class ProgramBtf(BtfTypes types, ImmutableArray<FunctionInfo> functions, ImmutableArray<LineInfo> lines)
{
    /// <summary>The types.</summary>
    public BtfTypes Types => types;

    /// <summary>The functions, by slot; empty when they are not known.</summary>
    public ImmutableArray<FunctionInfo> Functions => functions;

    /// <summary>The lines, by slot; empty when they are not known.</summary>
    public ImmutableArray<LineInfo> Lines => lines;

    /// <summary>The source of an instruction; null when it is not known, or the instruction is the compiler's own (line 0).</summary>
    /// <param name="slot">The instruction, in 8-byte slots.</param>
    public SourceLine? SourceOf(int slot)
    {
        int at = Last(lines.AsSpan(), slot, static line => line.Slot);
        return at < 0 || lines[at].Line == 0 ? null : new SourceLine(
            lines[at].Slot, types.TextAt(lines[at].FileName), lines[at].Line, lines[at].Column, types.TextAt(lines[at].Text));
    }

    /// <summary>Name of the function that an instruction belongs to, or null when it is not known.</summary>
    /// <param name="slot">The instruction, in 8-byte slots.</param>
    public string? FunctionOf(int slot)
    {
        int at = Last(functions.AsSpan(), slot, static function => function.Slot);
        return at < 0 ? null : types.NameOf(functions[at].TypeId);
    }

    // The last item that does not begin after a slot.
    private static int Last<T>(ReadOnlySpan<T> items, int slot, Func<T, int> slotOf)
    {
        int low = 0;
        int high = items.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            (low, high) = slotOf(items[middle]) <= slot ? (middle + 1, high) : (low, middle);
        }

        return low - 1;
    }
}
