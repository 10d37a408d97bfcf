using System.Collections.Immutable;
using System.Globalization;
using ReuseportPS.Engine.Isa;

namespace ReuseportPS.Engine.Asm;

/// <summary>Writes one instruction.</summary>
internal sealed class InstructionWriter(DisassemblyOptions options, PlaceNames? labels)
{
    public PlaceNames? Labels => labels;

    public string Write(in Instruction instruction, int slot) =>
        OpcodeTable.Find(instruction) is InstructionForm form && HasNotation(instruction, form)
            ? Write(instruction, form, slot)
            : Fields(instruction);

    // Whether the notation, which leaves reserved fields out, says everything.
    private static bool HasNotation(in Instruction instruction, InstructionForm form)
    {
        bool usesNext = form is { Kind: InstructionKind.WideLoad, WideLoad: WideLoadKind.Value or WideLoadKind.MapValue or WideLoadKind.MapIndexValue or WideLoadKind.BtfVariable };
        return HasNotation(form.Destination, instruction.Destination) && HasNotation(form.Source, instruction.Source) &&
            (form.Offset != FieldUse.Zero || instruction.Offset == 0) && (form.Immediate != FieldUse.Zero || instruction.Immediate == 0) &&
            (usesNext || instruction.NextImmediate == 0);
    }

    private static bool HasNotation(FieldUse use, byte register) => use switch
    {
        FieldUse.Zero => register == 0,
        FieldUse.Any or FieldUse.Written => register <= (byte)Register.R10,
        _ => true,
    };

    private static string Fields(in Instruction i)
    {
        string next = i.IsWide ? string.Create(CultureInfo.InvariantCulture, $", {i.NextImmediate}") : "";
        return string.Create(CultureInfo.InvariantCulture, $".insn 0x{i.Opcode:x2}, {i.Destination}, {i.Source}, {i.Offset}, {i.Immediate}{next}");
    }

    private string Write(in Instruction instruction, InstructionForm form, int slot)
    {
        char width = form.Width == 32 ? 'w' : 'r';
        string left = Text($"{width}{instruction.Destination}");
        string right = form.UsesSource ? Text($"{width}{instruction.Source}") : Number(instruction.Immediate);
        switch (form.Kind)
        {
            case InstructionKind.Alu:
                return form.Alu == AluOperation.Negate ? $"{left} = -{left}" : $"{left} {Operators.TextOf(form.Alu, form.IsSigned)} {right}";
            case InstructionKind.MoveSignExtend:
                return Text($"{left} = (s{form.Bits}){right}");
            case InstructionKind.ToLittleEndian or InstructionKind.ToBigEndian or InstructionKind.SwapBytes:
                string swap = form.Kind switch { InstructionKind.ToLittleEndian => "le", InstructionKind.ToBigEndian => "be", _ => "bswap" };
                return Text($"r{instruction.Destination} = {swap}{form.Bits} r{instruction.Destination}");
            case InstructionKind.WideLoad:
                return $"{left} = {WideValue(instruction, form, slot)} ll";
            case InstructionKind.Load:
                return Text($"{Value(instruction.Destination, form.Bits)} = *(u{form.Bits} *)({Address(instruction.Source, instruction.Offset)})");
            case InstructionKind.LoadSignExtend:
                return Text($"r{instruction.Destination} = *(s{form.Bits} *)({Address(instruction.Source, instruction.Offset)})");
            case InstructionKind.Store:
                return Text($"*(u{form.Bits} *)({Address(instruction.Destination, instruction.Offset)}) = {Value(instruction.Source, form.Bits)}");
            case InstructionKind.StoreImmediate:
                return Text($"*(u{form.Bits} *)({Address(instruction.Destination, instruction.Offset)}) = {Number(instruction.Immediate)}");
            case InstructionKind.Atomic:
                return Atomic(instruction, form);
            case InstructionKind.Jump:
                return $"goto {Target(instruction, form, slot)}";
            case InstructionKind.JumpLong:
                return $"gotol {Target(instruction, form, slot)}";
            case InstructionKind.MayGoto:
                return $"may_goto {Target(instruction, form, slot)}";
            case InstructionKind.JumpIf:
                return $"if {left} {Operators.TextOf(form.Condition)} {right} goto {Target(instruction, form, slot)}";
            case InstructionKind.Call:
                return "call " + Callee(instruction, form, slot);
            case InstructionKind.PacketLoad:
                string indirect = instruction.Immediate == 0 ? "" : Signed(instruction.Immediate);
                return form.UsesSource
                    ? Text($"r0 = *(u{form.Bits} *)skb[r{instruction.Source}{indirect}]")
                    : Text($"r0 = *(u{form.Bits} *)skb[{Number(instruction.Immediate)}]");
            default:
                return "exit";
        }
    }

    private string WideValue(in Instruction instruction, InstructionForm form, int slot)
    {
        switch (form.WideLoad)
        {
            case WideLoadKind.Value:
                return Number(((long)instruction.NextImmediate << 32) | (uint)instruction.Immediate);
            case WideLoadKind.BtfVariable:
                return instruction.NextImmediate == 0 ? Text($"btf[{instruction.Immediate}]") : Text($"btf[{instruction.Immediate}, {instruction.NextImmediate}]");
            case WideLoadKind.Function:
                return $"subprog[{LabelOf(instruction, form, slot) ?? Signed(instruction.Immediate)}]";
            default:
                string prefix = form.WideLoad is WideLoadKind.MapIndex or WideLoadKind.MapIndexValue ? "idx:" : "";
                string value = form.WideLoad is WideLoadKind.MapValue or WideLoadKind.MapIndexValue ? $"[0]{Signed(instruction.NextImmediate)}" : "";
                return $"map[{prefix}{MapName(instruction.Immediate)}]{value}";
        }
    }

    private string MapName(int index)
    {
        string? name = (uint)index < (uint)options.Names.Maps.Length ? options.Names.Maps[index] : null;
        return name is not null && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.') && !name.All(char.IsAsciiDigit) && options.Names.MapIndex(name) is not null ? name : Text($"{index}");
    }

    private string Callee(in Instruction instruction, InstructionForm form, int slot) => form.CallKind switch
    {
        CallKind.Helper => HelperName(instruction.Immediate) ?? Number(instruction.Immediate),
        CallKind.Local => LabelOf(instruction, form, slot) ?? "pc" + Plus(instruction.Immediate),
        _ => instruction.Offset == 0 && KernelFunctionName(instruction.Immediate) is string kernelFunction ? kernelFunction
            : instruction.Offset == 0
            ? Text($"kernel-function#{(uint)instruction.Immediate}")
            : Text($"kernel-function#{(uint)instruction.Immediate}, {instruction.Offset}"),
    };

    // A kernel function of the program that has the name is what the name would be read as.
    private string? HelperName(int number) =>
        options.Names.Helpers.TryGetValue(number, out string? name) && !options.Names.KernelFunctions.Contains("bpf_" + name) ? "bpf_" + name : null;

    // Only where nothing else has the name.
    private string? KernelFunctionName(int index)
    {
        ImmutableArray<string> functions = options.Names.KernelFunctions;
        string? name = (uint)index < (uint)functions.Length ? functions[index] : null;
        return name is not null && Lexer.IsWord(name) && functions.IndexOf(name) == index && labels?.Has(name) != true &&
            !InstructionParser.IsReserved(name) && !options.Names.Helpers.Values.Any(helper => name == helper || name == "bpf_" + helper) ? name : null;
    }

    private string Atomic(in Instruction instruction, InstructionForm form)
    {
        char width = form.Bits == 64 ? 'r' : 'w';
        string suffix = form.Bits == 64 ? "64" : "32_32";
        string place = Address(instruction.Destination, instruction.Offset);
        string operand = Text($"{width}{instruction.Source}");
        foreach ((string text, AtomicOperation operation) in Operators.Locked)
        {
            if (operation == form.Atomic)
            {
                return Text($"lock *(u{form.Bits} *)({place}) {text} {Value(instruction.Source, form.Bits)}");
            }
        }

        foreach ((string text, AtomicOperation operation) in Operators.Fetches)
        {
            if (operation == form.Atomic)
            {
                return Text($"{operand} = atomic_{text}((u{form.Bits} *)({place}), {operand})");
            }
        }

        return form.Atomic switch
        {
            AtomicOperation.Exchange => form.Bits == 64 ? $"{operand} = xchg_64({place}, {operand})" : $"{operand} = xchg32_32({place}, {operand})",
            AtomicOperation.CompareExchange => $"{width}0 = cmpxchg{(form.Bits == 64 ? "_" : "")}{suffix}({place}, {width}0, {operand})",
            AtomicOperation.LoadAcquire => Text($"{width}{instruction.Destination} = load_acquire((u{form.Bits} *)({Address(instruction.Source, instruction.Offset)}))"),
            _ => Text($"store_release((u{form.Bits} *)({place}), {operand})"),
        };
    }

    private string Target(in Instruction instruction, InstructionForm form, int slot) =>
        LabelOf(instruction, form, slot) ?? (form.Offset == FieldUse.Distance ? Plus(instruction.Offset) : Plus(instruction.Immediate));

    private string? LabelOf(in Instruction instruction, InstructionForm form, int slot) =>
        labels is not null && InstructionChecker.TargetOf(instruction, form, slot) is long target and >= 0 and <= int.MaxValue ? labels.NameOf((int)target) : null;

    private string Value(byte register, int bits) => Text($"{(options.NarrowRegisters && bits < 64 ? 'w' : 'r')}{register}");

    private string Address(byte register, short offset) =>
        offset < 0 ? Text($"r{register} - {Number(-(int)offset)}") : Text($"r{register} + {Number(offset)}");

    private string Plus(int distance) => (distance < 0 ? "" : "+") + Number(distance);

    private static string Signed(int number) => number < 0 ? Text($"{number}") : Text($"+{number}");

    private string Number(long number) =>
        !options.Hexadecimal ? Text($"{number}") : number < 0 ? Text($"-0x{(ulong)-number:x}") : Text($"0x{number:x}");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
