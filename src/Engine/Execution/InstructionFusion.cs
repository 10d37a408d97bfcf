using ReuseportPS.Engine.Isa;

namespace ReuseportPS.Engine.Execution;

/// <summary>
/// Makes the code that the interpreter runs faster. Every instruction keeps its index: a fused pair stands where its first instruction stood, and the second
/// stays where it was for jumps that lead to it, so no jump is to be changed and instructions are counted as ever.
/// </summary>
internal static class InstructionFusion
{
    public static DecodedInstruction[] Fuse(ReadOnlySpan<DecodedInstruction> code)
    {
        DecodedInstruction[] fused = code.ToArray();
        for (int i = 0; i < code.Length; i++)
        {
            if (StackAccess(code[i]) is Operation access)
            {
                fused[i].Operation = access;
            }
            else if (i + 1 < code.Length && Pair(code[i], code[i + 1]) is DecodedInstruction pair)
            {
                fused[i] = pair;
            }
        }

        return fused;
    }

    // An access through r10, which nothing writes to, inside the frame.
    private static Operation? StackAccess(in DecodedInstruction op)
    {
        (Operation? access, byte pointer, int size) = op.Operation switch
        {
            >= Operation.Load8 and <= Operation.Load64 => (Operation.LoadStack8 + (op.Operation - Operation.Load8), op.Source, 1 << (op.Operation - Operation.Load8)),
            >= Operation.Store8 and <= Operation.Store64 => (Operation.StoreStack8 + (op.Operation - Operation.Store8), op.Destination, 1 << (op.Operation - Operation.Store8)),
            >= Operation.StoreImmediate8 and <= Operation.StoreImmediate64 =>
                (Operation.StoreImmediateStack8 + (op.Operation - Operation.StoreImmediate8), op.Destination, 1 << (op.Operation - Operation.StoreImmediate8)),
            _ => ((Operation?)null, (byte)0, 0),
        };
        return pointer == (byte)Register.R10 && op.Target >= -Machine.StackSize && op.Target + size <= 0 ? access : null;
    }

    private static DecodedInstruction? Pair(in DecodedInstruction first, in DecodedInstruction second)
    {
        if (first.Destination != second.Destination)
        {
            return null;
        }

        Operation? operation = (first.Operation, second.Operation) switch
        {
            (Operation.MoveRegister64, Operation.AddImmediate64) => Operation.MoveAdd64,
            (Operation.MoveRegister64, Operation.AndImmediate64) => Operation.MoveAnd64,
            (Operation.MoveRegister32 or Operation.MoveRegister64, Operation.AndImmediate32) => Operation.MoveAnd32,
            (Operation.MoveRegister64, Operation.ShiftLeftImmediate64) => Operation.MoveShiftLeft64,
            (Operation.MoveRegister32 or Operation.MoveRegister64, Operation.ShiftLeftImmediate32) => Operation.MoveShiftLeft32,
            (Operation.MoveRegister64, Operation.ShiftRightImmediate64) => Operation.MoveShiftRight64,
            (Operation.MoveRegister32 or Operation.MoveRegister64, Operation.ShiftRightImmediate32) => Operation.MoveShiftRight32,
            (Operation.ShiftLeftImmediate64, Operation.ShiftRightImmediate64) => Operation.ShiftLeftRight64,
            _ => null,
        };
        return operation switch
        {
            null => null,
            Operation.ShiftLeftRight64 => first with { Operation = Operation.ShiftLeftRight64, Target = (int)second.Immediate },
            Operation fused => first with { Operation = fused, Immediate = second.Immediate },
        };
    }
}
