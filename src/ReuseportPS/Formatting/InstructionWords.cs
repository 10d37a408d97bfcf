using System.Globalization;
using ReuseportPS.Engine.Execution.Tracing;
using ReuseportPS.Engine.Isa;

namespace ReuseportPS.Formatting;

/// <summary>What an instruction does, in words.</summary>
internal static class InstructionWords
{
    private const byte RegisterSource = 0x08;
    private const byte SizeMask = 0x18;
    private const byte Atomic = 0xC0;

    /// <summary>The words for an executed instruction.</summary>
    public static string Of(TraceStep step)
    {
        Instruction i = step.Instruction;
        InstructionClass kind = (InstructionClass)(i.Opcode & 7);
        bool isNarrow = kind is InstructionClass.Alu or InstructionClass.Jump32;
        string operand = (i.Opcode & RegisterSource) != 0 ? $"r{i.Source}" : Text($"{i.Immediate}");
        return kind switch
        {
            InstructionClass.Load when i.IsWide => i.Source == 0
                ? Text($"puts the number {(uint)i.Immediate | ((ulong)(uint)i.NextImmediate << 32)} into r{i.Destination}")
                : Text($"puts the address of map '{MapOf(step, i)}' into r{i.Destination}"),
            InstructionClass.LoadRegister => Text($"loads {SizeOf(i)} from r{i.Source}{i.Offset:+0;-0;+0} into r{i.Destination}"),
            InstructionClass.StoreRegister when (i.Opcode & 0xE0) == Atomic => Text($"changes {SizeOf(i)} at r{i.Destination}{i.Offset:+0;-0;+0} by r{i.Source} in one step"),
            InstructionClass.Store => Text($"stores {i.Immediate} in {SizeOf(i)} at r{i.Destination}{i.Offset:+0;-0;+0}"),
            InstructionClass.StoreRegister => Text($"stores r{i.Source} in {SizeOf(i)} at r{i.Destination}{i.Offset:+0;-0;+0}"),
            InstructionClass.Jump or InstructionClass.Jump32 => OfJump(step, i, operand),
            _ => OfArithmetic(i, operand),
        } + (isNarrow ? " (32 bits)" : "");
    }

    private static string OfJump(TraceStep step, in Instruction i, string operand)
    {
        string target = Text($"goes to instruction {step.Slot + 1 + i.Offset}");
        string? test = (JumpOperation)(i.Opcode & 0xF0) switch
        {
            JumpOperation.Equal => "is",
            JumpOperation.NotEqual => "is not",
            JumpOperation.GreaterThan => "is greater than",
            JumpOperation.GreaterOrEqual => "is not less than",
            JumpOperation.LessThan => "is less than",
            JumpOperation.LessOrEqual => "is not greater than",
            JumpOperation.SignedGreaterThan => "with its sign is greater than",
            JumpOperation.SignedGreaterOrEqual => "with its sign is not less than",
            JumpOperation.SignedLessThan => "with its sign is less than",
            JumpOperation.SignedLessOrEqual => "with its sign is not greater than",
            JumpOperation.BitsSet => "has a bit of",
            _ => null,
        };
        return (JumpOperation)(i.Opcode & 0xF0) switch
        {
            JumpOperation.Call => $"calls {step.Call?.Name ?? "a function of the program"}",
            JumpOperation.Exit => Text($"ends with r0 = {step.Before[0]}"),
            JumpOperation.Always => target,
            _ when test is not null => $"{target} if r{i.Destination} {test} {operand}: {(step.BranchTaken == true ? "it does" : "it does not")}",
            _ => "may go elsewhere",
        };
    }

    private static string OfArithmetic(in Instruction i, string operand) => (AluOperation)(i.Opcode & 0xF0) switch
    {
        AluOperation.Move => $"sets r{i.Destination} to {operand}",
        AluOperation.Add => $"adds {operand} to r{i.Destination}",
        AluOperation.Subtract => $"subtracts {operand} from r{i.Destination}",
        AluOperation.Multiply => $"multiplies r{i.Destination} by {operand}",
        AluOperation.Divide => $"divides r{i.Destination} by {operand}",
        AluOperation.Modulo => $"leaves in r{i.Destination} the remainder by {operand}",
        AluOperation.And => $"keeps of r{i.Destination} the bits of {operand}",
        AluOperation.Or => $"sets in r{i.Destination} the bits of {operand}",
        AluOperation.Xor => $"flips in r{i.Destination} the bits of {operand}",
        AluOperation.ShiftLeft => $"shifts r{i.Destination} left by {operand}",
        AluOperation.ShiftRight => $"shifts r{i.Destination} right by {operand}",
        AluOperation.ArithmeticShiftRight => $"shifts r{i.Destination} right by {operand}, keeping its sign",
        AluOperation.Negate => $"negates r{i.Destination}",
        _ => Text($"turns the byte order of {i.Immediate} bits of r{i.Destination}"),
    };

    // An lddw of a map has the map's index in its immediate.
    private static string MapOf(TraceStep step, in Instruction i) =>
        (uint)i.Immediate < step.Program.Maps.Length ? step.Program.Maps[i.Immediate].Name : "?";

    private static string SizeOf(in Instruction i) => (i.Opcode & SizeMask) switch { 0x00 => "4 bytes", 0x08 => "2 bytes", 0x10 => "1 byte", _ => "8 bytes" };

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
