using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Isa;

namespace ReuseportPS.Engine.Programs;

/// <summary>
/// Puts instructions in a row and resolves jumps to labels. A jump out of the reach of 16 bits becomes a gotol (kernel 6.6).
/// Maps are referred to by their index in <see cref="ProgramSpec.Maps"/>: <see cref="Instructions.LoadMap"/>.
/// </summary>
public sealed class ProgramBuilder
{
    private readonly List<Item> _items = [];
    private readonly HashSet<Label> _labels = [];
    private readonly List<Diagnostic> _diagnostics = [];
    private readonly List<(int Item, string Text)> _comments = [];

    /// <summary>
    /// Slots that a jump may span before it becomes a gotol. The kernel's verifier puts code of its own into a program and refuses it
    /// when a jump then spans more than 32767, so large programs stay well below.
    /// </summary>
    public int Reach { get; init; } = short.MaxValue;

    /// <summary>
    /// Whether code that nothing leads to is left out, which the kernel refuses, and jumps that lead to a jump or to the next instruction are shortened.
    /// Only for code whose jumps all go to labels.
    /// </summary>
    public bool Prunes { get; init; }

    /// <summary>Instructions added so far; lddw counts as one, a jump too, however long it becomes.</summary>
    public int Count => _items.Count;

    /// <summary>What was said with <see cref="Comment"/>, by slot; complete after <see cref="Build"/>.</summary>
    public IReadOnlyDictionary<int, string> Comments { get; private set; } = FrozenDictionary<int, string>.Empty;

    /// <summary>Says what the next instructions are for.</summary>
    public ProgramBuilder Comment(string text)
    {
        _comments.Add((_items.Count, text));
        return this;
    }

    /// <summary>A new label, not yet put down.</summary>
    /// <param name="name">Name for messages; a number when null.</param>
    public Label NewLabel(string? name = null)
    {
        Label label = new(name ?? string.Create(CultureInfo.InvariantCulture, $"L{_labels.Count}"));
        _labels.Add(label);
        return label;
    }

    /// <summary>Puts the label before the next instruction. A second time is an error of <see cref="TryBuild"/> (RPS1031).</summary>
    public ProgramBuilder Mark(Label label)
    {
        Own(label);
        if (label.Position is not null)
        {
            _diagnostics.Add(ProgramDiagnostics.LabelMarkedTwice.At(null, $"Label '{label.Name}' is put down twice."));
        }

        label.Position = _items.Count;
        return this;
    }

    /// <summary>Adds instructions as they are. Distances of jumps among them are the caller's.</summary>
    public ProgramBuilder Add(params ReadOnlySpan<Instruction> instructions)
    {
        foreach (Instruction instruction in instructions)
        {
            _items.Add(new Item(instruction, null));
        }

        return this;
    }

    /// <summary><c>goto label</c>.</summary>
    public ProgramBuilder Jump(Label label) => AddTo(Instructions.Jump(0), label);

    /// <summary><c>if register op immediate goto label</c>, 64-bit.</summary>
    public ProgramBuilder JumpIf(JumpOperation operation, Register register, int immediate, Label label) =>
        AddTo(Instructions.JumpIf(operation, register, immediate, 0), label);

    /// <summary><c>if register op other goto label</c>, 64-bit.</summary>
    public ProgramBuilder JumpIf(JumpOperation operation, Register register, Register other, Label label) =>
        AddTo(Instructions.JumpIf(operation, register, other, 0), label);

    /// <summary><c>if w(register) op immediate goto label</c>, 32-bit.</summary>
    public ProgramBuilder JumpIf32(JumpOperation operation, Register register, int immediate, Label label) =>
        AddTo(Instructions.JumpIf32(operation, register, immediate, 0), label);

    /// <summary><c>if w(register) op w(other) goto label</c>, 32-bit.</summary>
    public ProgramBuilder JumpIf32(JumpOperation operation, Register register, Register other, Label label) =>
        AddTo(Instructions.JumpIf32(operation, register, other, 0), label);

    /// <summary>Call of the local function at the label.</summary>
    public ProgramBuilder Call(Label label) => AddTo(Instructions.CallLocal(0), label);

    /// <summary><c>register = &amp;function</c>, for helpers that take a callback.</summary>
    public ProgramBuilder LoadFunction(Register register, Label label) =>
        AddTo(Instructions.WideLoad(WideLoadKind.Function, register, 0, 0), label);

    /// <summary>The code.</summary>
    /// <exception cref="DiagnosticException">A label is missing or put down twice.</exception>
    public ImmutableArray<Instruction> Build() =>
        TryBuild(out ImmutableArray<Instruction> instructions, out ImmutableArray<Diagnostic> diagnostics)
            ? instructions
            : throw new DiagnosticException(diagnostics);

    /// <summary>The code, or what is wrong with it: RPS1030 undefined label, RPS1031 label put down twice, RPS1032 label at the end, before no instruction.</summary>
    public bool TryBuild(out ImmutableArray<Instruction> instructions, out ImmutableArray<Diagnostic> diagnostics)
    {
        List<Diagnostic> found = [.. _diagnostics];
        for (int i = 0; i < _items.Count; i++)
        {
            if (_items[i].Target is { Position: null } label)
            {
                found.Add(ProgramDiagnostics.LabelNotMarked.At(
                    new SourceLocation(Instruction: i), $"Label '{label.Name}' is jumped to but never put down."));
            }
            else if (_items[i].Target is { Position: int position } end && position == _items.Count)
            {
                found.Add(ProgramDiagnostics.LabelAtEnd.At(
                    new SourceLocation(Instruction: i), $"Label '{end.Name}' is put down after the last instruction."));
            }
        }

        diagnostics = [.. found];
        while (found.Count == 0 && Prunes && Prune())
        {
        }

        instructions = found.Count == 0 ? Resolve() : [];
        return found.Count == 0;
    }

    /// <summary>One round; false when nothing was left to do.</summary>
    private bool Prune()
    {
        for (int i = 0; i < _items.Count; i++)
        {
            // A chain of jumps without an end does not occur: generated code has no loops.
            while (_items[i].IsShort && _items[i].Target is { Position: int at } && _items[at] is { IsPlain: true, Target: Label next } && at != i)
            {
                _items[i] = _items[i] with { Target = next };
            }
        }

        bool[] keep = new bool[_items.Count];
        Stack<int> open = new([0]);
        while (open.TryPop(out int i))
        {
            for (; !keep[i]; i++)
            {
                keep[i] = true;
                if (_items[i].Target is { Position: int at })
                {
                    open.Push(at);
                }

                if (_items[i].IsPlain || _items[i].IsExit)
                {
                    break;
                }
            }
        }

        int[] place = new int[_items.Count + 1];
        for (int i = 0; i < _items.Count; i++)
        {
            keep[i] &= !(_items[i].IsPlain && NextKept(keep, i + 1) == NextKept(keep, _items[i].Target!.Position!.Value));
            place[i + 1] = place[i] + (keep[i] ? 1 : 0);
        }

        if (place[^1] == _items.Count)
        {
            return false;
        }

        foreach (Label label in _labels)
        {
            label.Position = label.Position is int position ? place[position] : null;
        }

        for (int i = 0; i < _comments.Count; i++)
        {
            _comments[i] = _comments[i] with { Item = place[_comments[i].Item] };
        }

        List<Item> kept = [.. _items.Where((_, i) => keep[i])];
        _items.Clear();
        _items.AddRange(kept);
        return true;
    }

    private static int NextKept(bool[] keep, int from)
    {
        while (from < keep.Length && !keep[from])
        {
            from++;
        }

        return from;
    }

    private bool Reaches(int distance) => Math.Abs(distance) <= Reach;

    private ProgramBuilder AddTo(Instruction instruction, Label label)
    {
        Own(label);
        _items.Add(new Item(instruction, label));
        return this;
    }

    private void Own(Label label)
    {
        if (!_labels.Contains(label))
        {
            throw new ArgumentException($"Label '{label.Name}' is of another builder.", nameof(label));
        }
    }

    private ImmutableArray<Instruction> Resolve()
    {
        // A jump that does not reach grows, which may push others out of reach: repeat until none does. Sizes only grow, so it ends.
        int[] start = new int[_items.Count + 1];
        bool[] far = new bool[_items.Count];
        bool grew;
        do
        {
            for (int i = 0; i < _items.Count; i++)
            {
                start[i + 1] = start[i] + _items[i].Slots(far[i]);
            }

            grew = false;
            for (int i = 0; i < _items.Count; i++)
            {
                if (!far[i] && _items[i].IsShort && !Reaches(Distance(start, i)))
                {
                    far[i] = grew = true;
                }
            }
        }
        while (grew);

        Comments = _comments.GroupBy(comment => start[comment.Item]).ToFrozenDictionary(group => group.Key, group => string.Join('\n', group.Select(comment => comment.Text)));
        ImmutableArray<Instruction>.Builder code = ImmutableArray.CreateBuilder<Instruction>(start[^1]);
        for (int i = 0; i < _items.Count; i++)
        {
            Instruction instruction = _items[i].Instruction;
            if (_items[i].Target is null)
            {
                code.Add(instruction);
            }
            else if (!_items[i].IsShort)
            {
                code.Add(instruction with { Immediate = Distance(start, i) });
            }
            else if (!far[i])
            {
                code.Add(instruction with { Offset = (short)Distance(start, i) });
            }
            else
            {
                if (!_items[i].IsPlain)
                {
                    code.Add(instruction with { Offset = 1 });
                    code.Add(Instructions.Jump(1));
                }

                code.Add(Instructions.JumpLong(Distance(start, i)));
            }
        }

        return code.ToImmutable();
    }

    // A far jump is the last of the instructions it becomes, so the distance is from the item's end; a function's from the slot after the first.
    private int Distance(int[] start, int index)
    {
        Item item = _items[index];
        int from = item.Instruction.IsWide ? start[index] + 1 : start[index + 1];
        return start[item.Target!.Position!.Value] - from;
    }

    private readonly record struct Item(Instruction Instruction, Label? Target)
    {
        public bool IsPlain => Instruction.Opcode == (byte)InstructionClass.Jump;

        public bool IsExit => Instruction.Opcode == ((byte)JumpOperation.Exit | (byte)InstructionClass.Jump);

        // Calls and function addresses have 32 bits already.
        public bool IsShort => Target is not null && !Instruction.IsWide && (Instruction.Opcode & 0xf7) != ((byte)JumpOperation.Call | (byte)InstructionClass.Jump);

        public int Slots(bool far) => far ? (IsPlain ? 1 : 3) : Instruction.SlotCount;
    }
}
