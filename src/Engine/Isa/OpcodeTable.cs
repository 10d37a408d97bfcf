using System.Collections.Immutable;

namespace ReuseportPS.Engine.Isa;

/// <summary>Every instruction form of RFC 9669, and of kernel 6.15 what came after it: the one table behind decoding, checking, running and text.</summary>
public static class OpcodeTable
{
    private static readonly InstructionForm[][] s_byOpcode = Index();

    /// <summary>All forms, in order of opcode byte, then selector.</summary>
    public static ImmutableArray<InstructionForm> Forms { get; } = [.. s_byOpcode.SelectMany(forms => forms)];

    /// <summary>The form of an instruction, or null when its opcode or selecting field is unknown. Reserved fields are not looked at.</summary>
    public static InstructionForm? Find(in Instruction instruction)
    {
        foreach (InstructionForm form in s_byOpcode[instruction.Opcode])
        {
            if (SelectorOf(form, instruction) == form.Selector)
            {
                return form;
            }
        }

        return null;
    }

    /// <summary>Forms that share an opcode byte; empty for an unknown byte.</summary>
    public static ReadOnlySpan<InstructionForm> FormsOf(byte opcode) => s_byOpcode[opcode];

    private static int SelectorOf(InstructionForm form, in Instruction instruction) => form switch
    {
        { Source: FieldUse.Selector } => instruction.Source,
        { Offset: FieldUse.Selector } => instruction.Offset,
        { Immediate: FieldUse.Selector } => instruction.Immediate,
        _ => 0,
    };

    private static InstructionForm[][] Index()
    {
        ILookup<byte, InstructionForm> lookup = All().ToLookup(form => form.Opcode);
        return [.. Enumerable.Range(0, 256).Select(opcode => lookup[(byte)opcode].OrderBy(form => form.Selector).ToArray())];
    }

    private static IEnumerable<InstructionForm> All() => [.. Arithmetic(), .. ByteOrder(), .. Jumps(), .. Calls(), .. Memory(), .. Atomics()];

    private static IEnumerable<InstructionForm> Arithmetic()
    {
        (AluOperation Operation, string Name)[] operations =
        [
            (AluOperation.Add, "add"), (AluOperation.Subtract, "sub"), (AluOperation.Multiply, "mul"), (AluOperation.Divide, "div"),
            (AluOperation.Or, "or"), (AluOperation.And, "and"), (AluOperation.ShiftLeft, "lsh"), (AluOperation.ShiftRight, "rsh"),
            (AluOperation.Modulo, "mod"), (AluOperation.Xor, "xor"), (AluOperation.Move, "mov"), (AluOperation.ArithmeticShiftRight, "arsh"),
        ];
        foreach (byte width in (byte[])[32, 64])
        {
            InstructionClass @class = width == 32 ? InstructionClass.Alu : InstructionClass.Alu64;
            yield return new((byte)((byte)AluOperation.Negate | (byte)@class), InstructionKind.Alu, $"neg{width}")
            {
                Destination = FieldUse.Written,
                Width = width,
                Alu = AluOperation.Negate,
            };
            foreach (OperandSource source in (OperandSource[])[OperandSource.Immediate, OperandSource.Register])
            {
                bool register = source == OperandSource.Register;
                string suffix = $"{width}{(register ? "_reg" : "_imm")}";
                foreach ((AluOperation operation, string name) in operations)
                {
                    bool divides = operation is AluOperation.Divide or AluOperation.Modulo;
                    InstructionForm form = new((byte)((byte)operation | (byte)source | (byte)@class), InstructionKind.Alu, name + suffix)
                    {
                        Destination = FieldUse.Written,
                        Source = register ? FieldUse.Any : FieldUse.Zero,
                        Offset = divides || (register && operation == AluOperation.Move) ? FieldUse.Selector : FieldUse.Zero,
                        Immediate = register ? FieldUse.Zero : FieldUse.Any,
                        Width = width,
                        UsesSource = register,
                        Alu = operation,
                    };
                    yield return form;
                    if (divides)
                    {
                        yield return form with { Mnemonic = "s" + form.Mnemonic, Selector = 1, IsSigned = true };
                    }

                    if (register && operation == AluOperation.Move)
                    {
                        foreach (byte bits in (byte[])(width == 32 ? [8, 16] : [8, 16, 32]))
                        {
                            yield return form with { Kind = InstructionKind.MoveSignExtend, Mnemonic = $"movsx{bits}to{width}", Selector = bits, Bits = bits };
                        }
                    }
                }
            }
        }
    }

    private static IEnumerable<InstructionForm> ByteOrder()
    {
        foreach ((byte opcode, InstructionKind kind, string name) in ((byte, InstructionKind, string)[])
            [(0xd4, InstructionKind.ToLittleEndian, "le"), (0xdc, InstructionKind.ToBigEndian, "be"), (0xd7, InstructionKind.SwapBytes, "bswap")])
        {
            foreach (byte bits in (byte[])[16, 32, 64])
            {
                yield return new(opcode, kind, $"{name}{bits}")
                {
                    Destination = FieldUse.Written,
                    Immediate = FieldUse.Selector,
                    Selector = bits,
                    Bits = bits,
                };
            }
        }
    }

    private static IEnumerable<InstructionForm> Jumps()
    {
        (JumpOperation Operation, string Name)[] operations =
        [
            (JumpOperation.Equal, "jeq"), (JumpOperation.NotEqual, "jne"), (JumpOperation.BitsSet, "jset"),
            (JumpOperation.GreaterThan, "jgt"), (JumpOperation.GreaterOrEqual, "jge"), (JumpOperation.LessThan, "jlt"), (JumpOperation.LessOrEqual, "jle"),
            (JumpOperation.SignedGreaterThan, "jsgt"), (JumpOperation.SignedGreaterOrEqual, "jsge"),
            (JumpOperation.SignedLessThan, "jslt"), (JumpOperation.SignedLessOrEqual, "jsle"),
        ];
        yield return new(0x05, InstructionKind.Jump, "ja") { Offset = FieldUse.Distance };
        yield return new(0x06, InstructionKind.JumpLong, "jal") { Immediate = FieldUse.Distance };
        yield return new(0xe5, InstructionKind.MayGoto, "may_goto") { Source = FieldUse.Selector, Offset = FieldUse.Distance };
        foreach (byte width in (byte[])[32, 64])
        {
            InstructionClass @class = width == 32 ? InstructionClass.Jump32 : InstructionClass.Jump;
            foreach (OperandSource source in (OperandSource[])[OperandSource.Immediate, OperandSource.Register])
            {
                bool register = source == OperandSource.Register;
                foreach ((JumpOperation operation, string name) in operations)
                {
                    yield return new((byte)((byte)operation | (byte)source | (byte)@class), InstructionKind.JumpIf, $"{name}{width}{(register ? "_reg" : "_imm")}")
                    {
                        Destination = FieldUse.Any,
                        Source = register ? FieldUse.Any : FieldUse.Zero,
                        Offset = FieldUse.Distance,
                        Immediate = register ? FieldUse.Zero : FieldUse.Any,
                        Width = width,
                        UsesSource = register,
                        Condition = operation,
                    };
                }
            }
        }
    }

    private static IEnumerable<InstructionForm> Calls()
    {
        yield return new(0x85, InstructionKind.Call, "call") { Source = FieldUse.Selector, Immediate = FieldUse.Any };
        yield return new(0x85, InstructionKind.Call, "call_local")
        {
            Source = FieldUse.Selector,
            Selector = 1,
            Immediate = FieldUse.Distance,
            CallKind = CallKind.Local,
        };
        yield return new(0x85, InstructionKind.Call, "call_kfunc")
        {
            Source = FieldUse.Selector,
            Selector = 2,
            Offset = FieldUse.Any,
            Immediate = FieldUse.Any,
            CallKind = CallKind.Kernel,
        };
        yield return new(0x95, InstructionKind.Exit, "exit");
    }

    private static IEnumerable<InstructionForm> Memory()
    {
        foreach (WideLoadKind kind in Enum.GetValues<WideLoadKind>())
        {
            yield return new(Instruction.LoadImmediate64, InstructionKind.WideLoad, kind == WideLoadKind.Value ? "lddw" : $"lddw_{(int)kind}")
            {
                Destination = FieldUse.Written,
                Source = FieldUse.Selector,
                Selector = (int)kind,
                Immediate = FieldUse.Any,
                Bits = 64,
                WideLoad = kind,
            };
        }

        foreach ((MemorySize size, byte bits, string name) in Sizes)
        {
            yield return new(Code(size, MemoryMode.Memory, InstructionClass.LoadRegister), InstructionKind.Load, "ldx" + name)
            {
                Destination = FieldUse.Written,
                Source = FieldUse.Any,
                Offset = FieldUse.Any,
                Bits = bits,
                UsesSource = true,
            };
            yield return new(Code(size, MemoryMode.Memory, InstructionClass.Store), InstructionKind.StoreImmediate, "st" + name)
            {
                Destination = FieldUse.Any,
                Offset = FieldUse.Any,
                Immediate = FieldUse.Any,
                Bits = bits,
            };
            yield return new(Code(size, MemoryMode.Memory, InstructionClass.StoreRegister), InstructionKind.Store, "stx" + name)
            {
                Destination = FieldUse.Any,
                Source = FieldUse.Any,
                Offset = FieldUse.Any,
                Bits = bits,
                UsesSource = true,
            };
            if (bits == 64)
            {
                continue;
            }

            yield return new(Code(size, MemoryMode.MemorySignExtend, InstructionClass.LoadRegister), InstructionKind.LoadSignExtend, "ldsx" + name)
            {
                Destination = FieldUse.Written,
                Source = FieldUse.Any,
                Offset = FieldUse.Any,
                Bits = bits,
                UsesSource = true,
            };
            yield return new(Code(size, MemoryMode.Absolute, InstructionClass.Load), InstructionKind.PacketLoad, "ldabs" + name)
            {
                Immediate = FieldUse.Any,
                Bits = bits,
            };
            yield return new(Code(size, MemoryMode.Indirect, InstructionClass.Load), InstructionKind.PacketLoad, "ldind" + name)
            {
                Source = FieldUse.Any,
                Immediate = FieldUse.Any,
                Bits = bits,
                UsesSource = true,
            };
        }
    }

    private static IEnumerable<InstructionForm> Atomics()
    {
        (AtomicOperation Operation, string Name)[] operations =
        [
            (AtomicOperation.Add, "add"), (AtomicOperation.FetchAdd, "fetch_add"), (AtomicOperation.Or, "or"), (AtomicOperation.FetchOr, "fetch_or"),
            (AtomicOperation.And, "and"), (AtomicOperation.FetchAnd, "fetch_and"), (AtomicOperation.Xor, "xor"), (AtomicOperation.FetchXor, "fetch_xor"),
            (AtomicOperation.Exchange, "xchg"), (AtomicOperation.CompareExchange, "cmpxchg"),
            (AtomicOperation.LoadAcquire, "load_acquire"), (AtomicOperation.StoreRelease, "store_release"),
        ];
        foreach ((MemorySize size, byte bits, _) in Sizes)
        {
            foreach ((AtomicOperation operation, string name) in operations)
            {
                bool load = operation == AtomicOperation.LoadAcquire;
                bool fetch = ((int)operation & 1) != 0 && operation != AtomicOperation.CompareExchange;
                if (bits >= 32 || load || operation == AtomicOperation.StoreRelease)
                {
                    yield return new(Code(size, MemoryMode.Atomic, InstructionClass.StoreRegister), InstructionKind.Atomic, $"{name}_{bits}")
                    {
                        Destination = load ? FieldUse.Written : FieldUse.Any,
                        Source = fetch ? FieldUse.Written : FieldUse.Any,
                        Offset = FieldUse.Any,
                        Immediate = FieldUse.Selector,
                        Selector = (int)operation,
                        Bits = bits,
                        UsesSource = true,
                        Atomic = operation,
                    };
                }
            }
        }
    }

    private static (MemorySize Size, byte Bits, string Name)[] Sizes =>
        [(MemorySize.Byte, 8, "b"), (MemorySize.HalfWord, 16, "h"), (MemorySize.Word, 32, "w"), (MemorySize.DoubleWord, 64, "dw")];

    private static byte Code(MemorySize size, MemoryMode mode, InstructionClass @class) => (byte)((byte)size | (byte)mode | (byte)@class);
}
