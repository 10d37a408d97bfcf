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
            else if (i + 2 < code.Length && IsCutMove(code[i], code[i + 1], code[i + 2]))
            {
                fused[i].Operation = Operation.MoveCut32;
            }
            else if (i + 2 < code.Length && MaskTest(code[i], code[i + 1], code[i + 2]) is DecodedInstruction test)
            {
                fused[i] = test;
            }
            else if (i + 1 < code.Length && (Pair(code[i], code[i + 1]) ?? PairOfTwo(code[i], code[i + 1])) is DecodedInstruction pair)
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

    // How code for machines without 32-bit arithmetic moves 32 bits: move, shift left by 32, shift right by 32.
    private static bool IsCutMove(in DecodedInstruction move, in DecodedInstruction left, in DecodedInstruction right) =>
        move.Operation == Operation.MoveRegister64
        && left is { Operation: Operation.ShiftLeftImmediate64, Immediate: 32 } && right is { Operation: Operation.ShiftRightImmediate64, Immediate: 32 }
        && left.Destination == move.Destination && right.Destination == move.Destination;

    // Are bits set: move, and, jump if 0 or if not. Where it leads stays with the jump, here and below.
    private static DecodedInstruction? MaskTest(in DecodedInstruction move, in DecodedInstruction and, in DecodedInstruction jump) =>
        move.Operation == Operation.MoveRegister64 && and.Operation == Operation.AndImmediate64 && and.Destination == move.Destination && jump.Destination == move.Destination && jump.Immediate == 0
            ? jump.Operation switch
            {
                Operation.EqualImmediate64 => move with { Operation = Operation.MoveAndEqual64, Immediate = and.Immediate },
                Operation.NotEqualImmediate64 => move with { Operation = Operation.MoveAndNotEqual64, Immediate = and.Immediate },
                _ => null,
            }
            : null;

    // Pairs in which the second instruction writes another register, or jumps.
    private static DecodedInstruction? PairOfTwo(in DecodedInstruction first, in DecodedInstruction second) => (first.Operation, second.Operation) switch
    {
        (Operation.LessThanImmediate64, Operation.GreaterThanImmediate64)
            when first.Destination == second.Destination && first.Target == second.Target && first.Immediate is >= 0 and <= int.MaxValue && second.Immediate is >= 0 and <= int.MaxValue =>
            first with { Operation = Operation.OutsideImmediate64, Immediate = first.Immediate | second.Immediate << 32 },
        (Operation.SubtractRegister64, Operation.MoveImmediate64) => first with { Operation = Operation.SubtractRegisterMove64, Immediate = second.Immediate, Target = second.Destination },
        (Operation.Load8, Operation.ShiftLeftImmediate64) when first.Destination == second.Destination => first with { Operation = Operation.Load8ShiftLeft64, Immediate = second.Immediate },
        (Operation.Load32, Operation.LessThanRegister64) when second.Source == first.Destination && second.Destination != first.Destination =>
            first with { Operation = Operation.Load32LessThan64, Immediate = second.Destination },
        (Operation.Load32, Operation.LessOrEqualRegister64) when second.Destination == first.Destination && second.Source != first.Destination =>
            first with { Operation = Operation.Load32LessOrEqual64, Immediate = second.Source },
        _ => null,
    };

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
            (Operation.MoveRegister64, Operation.AddRegister64) => Operation.MoveAddRegister64,
            (Operation.MoveRegister64, Operation.AndRegister64) => Operation.MoveAndRegister64,
            (Operation.MoveRegister64, Operation.XorRegister64) => Operation.MoveXorRegister64,
            _ => null,
        };
        return operation switch
        {
            null => null,
            Operation.ShiftLeftRight64 => first with { Operation = Operation.ShiftLeftRight64, Target = (int)second.Immediate },
            >= Operation.MoveAddRegister64 and <= Operation.MoveXorRegister64 => second.Source == second.Destination
                ? null
                : first with { Operation = operation.Value, Target = second.Source },
            Operation fused => first with { Operation = fused, Immediate = second.Immediate },
        };
    }
}
