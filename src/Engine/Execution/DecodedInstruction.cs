using System.Runtime.InteropServices;
using ReuseportPS.Engine.Helpers;
using ReuseportPS.Engine.Isa;

namespace ReuseportPS.Engine.Execution;

/// <summary>An instruction as the interpreter wants it: one code for all that the opcode byte and the selecting fields say, jumps by index, 16 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct DecodedInstruction
{
    public Operation Operation;
    public byte Destination;
    public byte Source;

    /// <summary>Displacement of a memory access, index of the instruction that a jump or call leads to, or number of a kernel function.</summary>
    public int Target;

    /// <summary>Immediate, extended as the operation wants it.</summary>
    public long Immediate;

    /// <summary>Translates one instruction of well-formed code.</summary>
    /// <param name="instruction">The instruction.</param>
    /// <param name="form">Its form.</param>
    /// <param name="target">Index of the instruction that it leads to, if it leads anywhere; number of the kernel function that it calls.</param>
    public static DecodedInstruction From(in Instruction instruction, InstructionForm form, int target) => new()
    {
        Operation = OperationOf(instruction, form),
        Destination = (byte)(instruction.Destination & 15),
        Source = (byte)(instruction.Source & 15),
        Target = form.Offset == FieldUse.Any && form.Kind != InstructionKind.Call ? instruction.Offset : target,
        Immediate = ImmediateOf(instruction, form, target),
    };

    private static Operation OperationOf(in Instruction instruction, InstructionForm form) => form.Kind switch
    {
        InstructionKind.Alu => form.Alu switch
        {
            AluOperation.Negate => form.Width == 64 ? Operation.Negate64 : Operation.Negate32,
            AluOperation.Add => OneOfFour(Operation.AddImmediate64, form),
            AluOperation.Subtract => OneOfFour(Operation.SubtractImmediate64, form),
            AluOperation.Multiply => OneOfFour(Operation.MultiplyImmediate64, form),
            AluOperation.Divide => OneOfFour(form.IsSigned ? Operation.SignedDivideImmediate64 : Operation.DivideImmediate64, form),
            AluOperation.Or => OneOfFour(Operation.OrImmediate64, form),
            AluOperation.And => OneOfFour(Operation.AndImmediate64, form),
            AluOperation.ShiftLeft => OneOfFour(Operation.ShiftLeftImmediate64, form),
            AluOperation.ShiftRight => OneOfFour(Operation.ShiftRightImmediate64, form),
            AluOperation.ArithmeticShiftRight => OneOfFour(Operation.ArithmeticShiftRightImmediate64, form),
            AluOperation.Modulo => OneOfFour(form.IsSigned ? Operation.SignedModuloImmediate64 : Operation.ModuloImmediate64, form),
            AluOperation.Xor => OneOfFour(Operation.XorImmediate64, form),
            _ => OneOfFour(Operation.MoveImmediate64, form),
        },
        InstructionKind.JumpIf => form.Condition switch
        {
            JumpOperation.Equal => OneOfFour(Operation.EqualImmediate64, form),
            JumpOperation.NotEqual => OneOfFour(Operation.NotEqualImmediate64, form),
            JumpOperation.BitsSet => OneOfFour(Operation.BitsSetImmediate64, form),
            JumpOperation.GreaterThan => OneOfFour(Operation.GreaterThanImmediate64, form),
            JumpOperation.GreaterOrEqual => OneOfFour(Operation.GreaterOrEqualImmediate64, form),
            JumpOperation.LessThan => OneOfFour(Operation.LessThanImmediate64, form),
            JumpOperation.LessOrEqual => OneOfFour(Operation.LessOrEqualImmediate64, form),
            JumpOperation.SignedGreaterThan => OneOfFour(Operation.SignedGreaterThanImmediate64, form),
            JumpOperation.SignedGreaterOrEqual => OneOfFour(Operation.SignedGreaterOrEqualImmediate64, form),
            JumpOperation.SignedLessThan => OneOfFour(Operation.SignedLessThanImmediate64, form),
            _ => OneOfFour(Operation.SignedLessOrEqualImmediate64, form),
        },
        InstructionKind.MoveSignExtend => (form.Bits, form.Width) switch
        {
            (8, 64) => Operation.SignExtend8To64,
            (16, 64) => Operation.SignExtend16To64,
            (32, 64) => Operation.SignExtend32To64,
            (8, _) => Operation.SignExtend8To32,
            _ => Operation.SignExtend16To32,
        },

        // The machine is little-endian, whatever it runs on.
        InstructionKind.ToLittleEndian => form.Bits switch { 16 => Operation.Cut16, 32 => Operation.Cut32, _ => Operation.Nothing },
        InstructionKind.ToBigEndian or InstructionKind.SwapBytes => form.Bits switch { 16 => Operation.Swap16, 32 => Operation.Swap32, _ => Operation.Swap64 },
        InstructionKind.Load => BySize(Operation.Load8, form),
        InstructionKind.LoadSignExtend => BySize(Operation.LoadSigned8, form),
        InstructionKind.Store => BySize(Operation.Store8, form),
        InstructionKind.StoreImmediate => BySize(Operation.StoreImmediate8, form),
        InstructionKind.Atomic => form.Atomic switch
        {
            // One thread runs a program: acquire and release are a plain load and store.
            AtomicOperation.LoadAcquire => BySize(Operation.Load8, form),
            AtomicOperation.StoreRelease => BySize(Operation.Store8, form),
            _ => form.Bits == 64 ? Operation.Atomic64 : Operation.Atomic32,
        },
        InstructionKind.WideLoad => form.WideLoad switch
        {
            WideLoadKind.Value or WideLoadKind.Function => Operation.LoadValue,
            WideLoadKind.Map or WideLoadKind.MapIndex => Operation.LoadMap,
            WideLoadKind.MapValue or WideLoadKind.MapIndexValue => Operation.LoadMapValue,
            _ => Operation.Unsupported,
        },
        InstructionKind.Jump or InstructionKind.JumpLong => Operation.Jump,

        // The kernel leaves a loop after 8388608 rounds or 250 ms; a run ends at its instruction budget before that.
        InstructionKind.MayGoto => Operation.Nothing,
        InstructionKind.Exit => Operation.Exit,
        InstructionKind.Call => form.CallKind switch
        {
            CallKind.Local => Operation.CallLocal,
            CallKind.Helper => instruction.Immediate == HelperId.TailCall ? Operation.TailCall : Operation.CallHelper,
            _ => Operation.CallKernel,
        },
        _ => Operation.Unsupported,
    };

    private static Operation OneOfFour(Operation first, InstructionForm form) =>
        (Operation)((int)first + (form.Width == 64 ? 0 : 2) + (form.UsesSource ? 1 : 0));

    private static Operation BySize(Operation first, InstructionForm form) =>
        (Operation)((int)first + form.Bits switch { 8 => 0, 16 => 1, 32 => 2, _ => 3 });

    private static long ImmediateOf(in Instruction instruction, InstructionForm form, int target) => form switch
    {
        { Kind: InstructionKind.WideLoad, WideLoad: WideLoadKind.Function } => ((long)Machine.FunctionTag << 32) | (uint)target,
        { Kind: InstructionKind.WideLoad, WideLoad: WideLoadKind.Value } => ((long)instruction.NextImmediate << 32) | (uint)instruction.Immediate,
        { Kind: InstructionKind.WideLoad } => ((long)instruction.Immediate << 32) | (uint)instruction.NextImmediate,
        { Kind: InstructionKind.Alu, Alu: AluOperation.ShiftLeft or AluOperation.ShiftRight or AluOperation.ArithmeticShiftRight } =>
            instruction.Immediate & (form.Width - 1),
        { Width: 32 } => (uint)instruction.Immediate,
        _ => instruction.Immediate,
    };
}
