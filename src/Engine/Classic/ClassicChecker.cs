using System.Collections.Immutable;
using ReuseportPS.Engine.Diagnostics;
using static ReuseportPS.Engine.Classic.ClassicCode;

namespace ReuseportPS.Engine.Classic;

/// <summary>What the kernel refuses in a classic program, with EINVAL (bpf_check_classic, check_load_and_stores in net/core/filter.c).</summary>
public static class ClassicChecker
{
    /// <summary>Most instructions (BPF_MAXINSNS).</summary>
    public const int MaxInstructions = 4096;

    /// <summary>Words of scratch memory (BPF_MEMWORDS).</summary>
    public const int ScratchWords = 16;

    /// <summary>Everything that is refused, in order; empty when the kernel takes the program.</summary>
    public static ImmutableArray<Diagnostic> Check(ReadOnlySpan<ClassicInstruction> code)
    {
        if (code.Length is 0 or > MaxInstructions)
        {
            return [ClassicDiagnostics.BadLength.At(null, $"A classic program has 1 to {MaxInstructions} instructions, this one has {code.Length}.")];
        }

        ImmutableArray<Diagnostic>.Builder found = ImmutableArray.CreateBuilder<Diagnostic>();
        for (int at = 0; at < code.Length; at++)
        {
            if (Judge(code[at], at, code.Length) is (DiagnosticDefinition definition, string message))
            {
                found.Add(definition.At(new SourceLocation(Instruction: at), message));
            }
        }

        int last = code.Length - 1;
        if ((ClassicCode)code[last].Code is not (Return or ReturnAccumulator))
        {
            found.Add(ClassicDiagnostics.NoReturn.At(new SourceLocation(Instruction: last), $"The last instruction has code 0x{code[last].Code:x2}, which is no return."));
        }

        if (found.Count == 0)
        {
            CheckScratch(code, found);
        }

        return found.ToImmutable();
    }

    private static (DiagnosticDefinition Definition, string Message)? Judge(ClassicInstruction instruction, int at, int length)
    {
        ClassicCode code = (ClassicCode)instruction.Code;
        uint k = instruction.K;
        switch (code)
        {
            case DivideImmediate or ModuloImmediate when k == 0:
                return (ClassicDiagnostics.DivisionByZero, "The divisor is 0.");
            case ShiftLeftImmediate or ShiftRightImmediate when k >= 32:
                return (ClassicDiagnostics.ShiftTooFar, $"A shift by {k}.");
            case LoadScratch or LoadIndexScratch or Store or StoreIndex when k >= ScratchWords:
                return (ClassicDiagnostics.NoSuchWord, $"There is no scratch word {k}.");
            case Jump when k >= (uint)(length - at - 1):
                return (ClassicDiagnostics.JumpOutside, $"A jump over {k} instructions; {length - at - 1} follow.");
            case JumpEqual or JumpEqualIndex or JumpGreater or JumpGreaterIndex or JumpGreaterOrEqual or JumpGreaterOrEqualIndex or JumpBitsSet or JumpBitsSetIndex
                when at + Math.Max(instruction.JumpTrue, instruction.JumpFalse) + 1 >= length:
                return (ClassicDiagnostics.JumpOutside, $"A jump over {Math.Max(instruction.JumpTrue, instruction.JumpFalse)} instructions; {length - at - 1} follow.");
            case LoadWord or LoadHalf or LoadByte when k >= unchecked((uint)ClassicOffsets.Ancillary) && ClassicOffsets.AncillaryOf(k) is null:
                return (ClassicDiagnostics.UnknownAncillary, $"There is no ancillary data at 0x{k:x8}.");
            default:
                return Enum.IsDefined(code) ? null : (ClassicDiagnostics.UnknownCode, $"Code 0x{instruction.Code:x2} is unknown.");
        }
    }

    // Jumps only lead forwards: one pass tells which words are written on every way to an instruction.
    private static void CheckScratch(ReadOnlySpan<ClassicInstruction> code, ImmutableArray<Diagnostic>.Builder found)
    {
        const ushort All = ushort.MaxValue;
        ushort[] reaching = new ushort[code.Length];
        Array.Fill(reaching, All);
        ushort written = 0;
        for (int at = 0; at < code.Length; at++)
        {
            written &= reaching[at];
            ClassicInstruction instruction = code[at];
            switch ((ClassicCode)instruction.Code)
            {
                case Store or StoreIndex:
                    written |= (ushort)(1 << (int)instruction.K);
                    break;
                case LoadScratch or LoadIndexScratch when (written & (1 << (int)instruction.K)) == 0:
                    found.Add(ClassicDiagnostics.WordNotWritten.At(new SourceLocation(Instruction: at), $"Scratch word {instruction.K} is read before it is written."));
                    return;
                case Jump:
                    reaching[at + 1 + (int)instruction.K] &= written;
                    written = All;
                    break;
                case JumpEqual or JumpEqualIndex or JumpGreater or JumpGreaterIndex or JumpGreaterOrEqual or JumpGreaterOrEqualIndex or JumpBitsSet or JumpBitsSetIndex:
                    reaching[at + 1 + instruction.JumpTrue] &= written;
                    reaching[at + 1 + instruction.JumpFalse] &= written;
                    written = All;
                    break;
            }
        }
    }
}
