using System.Collections.Immutable;
using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Isa;

/// <summary>
/// Whether code is well formed (RFC 9669 §3 to §5): known opcodes, reserved fields zero, real registers, jumps to instructions, no falling off the end.
/// What the code does is the verifier's matter.
/// </summary>
public static class InstructionChecker
{
    /// <summary>Most 8-byte slots of a program (BPF_COMPLEXITY_LIMIT_INSNS).</summary>
    public const int MaxSlots = 1_000_000;

    /// <summary>What is malformed, in order; empty when all is well. Places are in 8-byte slots.</summary>
    public static ImmutableArray<Diagnostic> Check(ReadOnlySpan<Instruction> instructions)
    {
        ImmutableArray<Diagnostic>.Builder found = ImmutableArray.CreateBuilder<Diagnostic>();
        long slots = 0;
        foreach (ref readonly Instruction instruction in instructions)
        {
            slots += instruction.SlotCount;
        }

        if (slots is 0 or > MaxSlots)
        {
            found.Add(InstructionDiagnostics.BadLength.At(null, $"A program has 1 to {MaxSlots} instruction slots, this one has {slots}."));
            return found.ToImmutable();
        }

        bool[] starts = new bool[slots];
        int slot = 0;
        foreach (ref readonly Instruction instruction in instructions)
        {
            starts[slot] = true;
            slot += instruction.SlotCount;
        }

        slot = 0;
        foreach (ref readonly Instruction instruction in instructions)
        {
            InstructionForm? form = OpcodeTable.Find(instruction);
            if (form is null)
            {
                found.Add(UnknownForm(instruction, slot));
            }
            else
            {
                CheckFields(instruction, form, slot, found);
                CheckTarget(instruction, form, slot, starts, found);
            }

            slot += instruction.SlotCount;
            if (slot == slots && form is { EndsFlow: false })
            {
                found.Add(At(InstructionDiagnostics.RunsOffEnd, slot - instruction.SlotCount, $"The last instruction is {form.Mnemonic}: the program runs off its end."));
            }
        }

        return found.ToImmutable();
    }

    /// <summary>The slot that a jump, local call or function address leads to, or null for other instructions.</summary>
    /// <param name="instruction">The instruction.</param>
    /// <param name="form">Its form.</param>
    /// <param name="slot">Its slot.</param>
    public static long? TargetOf(in Instruction instruction, InstructionForm form, int slot) =>
        form.Offset == FieldUse.Distance ? slot + 1L + instruction.Offset
        : form.Immediate == FieldUse.Distance || form is { Kind: InstructionKind.WideLoad, WideLoad: WideLoadKind.Function } ? slot + 1L + instruction.Immediate
        : null;

    private static Diagnostic UnknownForm(in Instruction instruction, int slot)
    {
        ReadOnlySpan<InstructionForm> forms = OpcodeTable.FormsOf(instruction.Opcode);
        if (forms.IsEmpty)
        {
            return At(InstructionDiagnostics.UnknownOpcode, slot, $"Opcode 0x{instruction.Opcode:x2} is unknown.");
        }

        (string field, int value) = forms[0] switch
        {
            { Source: FieldUse.Selector } => ("source", instruction.Source),
            { Offset: FieldUse.Selector } => ("offset", instruction.Offset),
            _ => ("immediate", instruction.Immediate),
        };
        return At(InstructionDiagnostics.UnknownVariant, slot, $"Opcode 0x{instruction.Opcode:x2} ({forms[0].Mnemonic}) has no variant with {field} {value}.");
    }

    private static void CheckFields(in Instruction instruction, InstructionForm form, int slot, ImmutableArray<Diagnostic>.Builder found)
    {
        if (form.Kind == InstructionKind.PacketLoad)
        {
            found.Add(At(InstructionDiagnostics.PacketLoadRefused, slot, $"{form.Mnemonic} is a packet load of classic BPF, which this kind of program may not use."));
        }

        CheckRegister("destination", instruction.Destination, form.Destination, form, slot, found);
        CheckRegister("source", instruction.Source, form.Source, form, slot, found);
        CheckZero("offset", instruction.Offset, form.Offset, form, slot, found);
        CheckZero("immediate", instruction.Immediate, form.Immediate, form, slot, found);
        bool usesNext = form is { Kind: InstructionKind.WideLoad, WideLoad: WideLoadKind.Value or WideLoadKind.MapValue or WideLoadKind.MapIndexValue or WideLoadKind.BtfVariable };
        if (instruction.NextImmediate != 0 && !usesNext)
        {
            found.Add(At(InstructionDiagnostics.ReservedField, slot, $"The second immediate of {form.Mnemonic} is {instruction.NextImmediate}; it is reserved and must be 0."));
        }
    }

    private static void CheckRegister(string field, byte value, FieldUse use, InstructionForm form, int slot, ImmutableArray<Diagnostic>.Builder found)
    {
        if (use is FieldUse.Any or FieldUse.Written && value > (byte)Register.R10)
        {
            found.Add(At(InstructionDiagnostics.NoSuchRegister, slot, $"The {field} of {form.Mnemonic} is register {value}; registers are r0 to r10."));
        }
        else if (use == FieldUse.Written && value == (byte)Register.R10)
        {
            found.Add(At(InstructionDiagnostics.FramePointerWritten, slot, $"{form.Mnemonic} writes to r10, which is read-only."));
        }
        else
        {
            CheckZero(field, value, use, form, slot, found);
        }
    }

    private static void CheckZero(string field, int value, FieldUse use, InstructionForm form, int slot, ImmutableArray<Diagnostic>.Builder found)
    {
        if (use == FieldUse.Zero && value != 0)
        {
            found.Add(At(InstructionDiagnostics.ReservedField, slot, $"The {field} of {form.Mnemonic} is {value}; it is reserved and must be 0."));
        }
    }

    private static void CheckTarget(in Instruction instruction, InstructionForm form, int slot, bool[] starts, ImmutableArray<Diagnostic>.Builder found)
    {
        if (TargetOf(instruction, form, slot) is not long target)
        {
            return;
        }

        if (target < 0 || target >= starts.Length)
        {
            found.Add(At(InstructionDiagnostics.JumpOutside, slot, $"{form.Mnemonic} leads to instruction {target}; the program has 0 to {starts.Length - 1}."));
        }
        else if (!starts[target])
        {
            found.Add(At(InstructionDiagnostics.JumpIntoWideLoad, slot, $"{form.Mnemonic} leads to instruction {target}, the second half of an lddw."));
        }
    }

    private static Diagnostic At(DiagnosticDefinition definition, int slot, string message) =>
        definition.At(new SourceLocation(Instruction: slot), message);
}
