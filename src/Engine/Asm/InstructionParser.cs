using System.Collections.Immutable;
using System.Globalization;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Isa;
using static ReuseportPS.Engine.Isa.Instructions;

namespace ReuseportPS.Engine.Asm;

/// <summary>Reads the instruction of one line. Only the first error of a line is reported; what is read after it counts for nothing.</summary>
internal sealed class InstructionParser(List<Token> tokens, int first, int line, string? source, DiagnosticBag findings)
{
    private static readonly ImmutableArray<string> s_keywords =
        ["exit", "goto", "gotol", "may_goto", "if", "call", "lock", "store_release", "ll", "map", "map_value", "subprog", "btf", "pc", "skb"];

    private int _at = first;
    private bool _failed;
    private Reference? _reference;

    // After an error every token is the end of the line.
    private Token Next => tokens[_failed ? tokens.Count - 1 : Math.Min(_at, tokens.Count - 1)];

    /// <summary>Whether a word has a meaning of its own, so that it cannot be a label.</summary>
    public static bool IsReserved(string word) => word == ".insn" || s_keywords.Contains(word) || IsRegister(word);

    /// <summary>Reads the line to its end.</summary>
    /// <param name="instruction">The instruction, when it is one.</param>
    /// <param name="reference">A name in it whose number is to be found.</param>
    public bool TryParse(out Instruction instruction, out Reference? reference)
    {
        instruction = Statement();
        if (!_failed && Next.Kind != TokenKind.End)
        {
            Expected("the end of the line");
        }

        reference = _reference;
        return !_failed;
    }

    private Instruction Statement()
    {
        Token word = Next;
        if (word.Is("*"))
        {
            return PlainStore();
        }

        if (word.Kind != TokenKind.Word)
        {
            Fail(word, AssemblyDiagnostics.UnknownStatement, $"{word} begins no instruction.");
            return default;
        }

        if (LooksLikeRegister(word.Text))
        {
            return Assignment();
        }

        _at++;
        switch (word.Text)
        {
            case "exit":
                return Exit();
            case "goto":
                return Jump(0) with { Offset = NearTarget() };
            case "may_goto":
                return MayGoto(0) with { Offset = NearTarget() };
            case "gotol":
                return JumpLong(FarTarget(ReferenceKind.FarLabel));
            case "if":
                return Condition();
            case "call":
                return Call();
            case "lock":
                return Locked();
            case "store_release":
                return StoreRelease();
            case ".insn":
                return Fields();
            default:
                string? meant = Spelling.Closest(word.Text, s_keywords.Take(8));
                Fail(word, AssemblyDiagnostics.UnknownStatement, $"'{word.Text}' begins no instruction.", meant is null ? null : $"Did you mean '{meant}'?");
                return default;
        }
    }

    // if r1 == r2 goto out
    private Instruction Condition()
    {
        Operand left = AnyRegister();
        Token mark = Next;
        JumpOperation operation = Operators.Comparisons.FirstOrDefault(x => mark.Is(x.Text)).Operation;
        if (operation == JumpOperation.Always)
        {
            Expected("a comparison (== != & > >= < <= s> s>= s< s<=)");
            return default;
        }

        _at++;
        Instruction instruction;
        if (Next.Kind == TokenKind.Word)
        {
            Operand right = RegisterOfWidth(left.Is32);
            instruction = left.Is32 ? JumpIf32(operation, left.Register, right.Register, 0) : JumpIf(operation, left.Register, right.Register, 0);
        }
        else
        {
            int immediate = Immediate(extended: !left.Is32);
            instruction = left.Is32 ? JumpIf32(operation, left.Register, immediate, 0) : JumpIf(operation, left.Register, immediate, 0);
        }

        Word("goto");
        return instruction with { Offset = NearTarget() };
    }

    // call 82, call bpf_loop, call bpf_loop#181, call pc+3, call label, call kernel-function#7
    private Instruction Call()
    {
        Token target = Next;
        if (target.Kind == TokenKind.Number || target.Is("-"))
        {
            return CallHelper((int)Number(int.MinValue, uint.MaxValue, "a helper number"));
        }

        if (target.Is("+") || target.IsWord("pc"))
        {
            int distance = Distance(int.MinValue, int.MaxValue);
            SkipSymbol();
            return CallLocal(distance);
        }

        string name = Name("a helper, a label or a distance");
        bool isKernel = false;
        if (name == "kernel" && Next.Is("-"))
        {
            _at++;
            Word("function");
            isKernel = true;
        }

        int? number = null;
        if (Next.Is("#"))
        {
            _at++;
            number = (int)Number(int.MinValue, uint.MaxValue, "a number");
        }

        if (!isKernel)
        {
            _reference = new Reference(ReferenceKind.Function, name, PlaceOf(target), number);
            SkipSymbol();
            return CallHelper(0);
        }

        if (number is null)
        {
            Expected("# and the BTF id of the function");
        }

        // The offset is where the loader's array has the BTF of the module.
        return Instructions.Call(CallKind.Kernel, number ?? 0) with { Offset = Next.Is(",") ? Argument16() : (short)0 };
    }

    // lock *(u64 *)(r1 + 0) += r2
    private Instruction Locked()
    {
        MemoryType type = PointerType();
        (Register address, short offset) = Address();
        Token mark = Next;
        int found = Operators.Locked.IndexOf(Operators.Locked.FirstOrDefault(x => mark.Is(x.Text)));
        if (found < 0)
        {
            Expected("+=, |=, &= or ^=");
            return default;
        }

        _at++;
        AtomicSize(type, mark);
        return Atomic(type.Size, Operators.Locked[found].Operation, address, offset, Value(type));
    }

    // store_release((u64 *)(r1 + 0), r2)
    private Instruction StoreRelease()
    {
        Mark("(");
        MemoryType type = ParenthesisedType();
        (Register address, short offset) = Address();
        Mark(",");
        Register value = Value(type);
        Mark(")");
        return Atomic(type.Size, AtomicOperation.StoreRelease, address, offset, value);
    }

    // *(u32 *)(r1 + 4) = r2
    private Instruction PlainStore()
    {
        MemoryType type = PointerType();
        (Register address, short offset) = Address();
        Mark("=");
        if (type.IsSigned)
        {
            Fail(tokens[_at - 1], AssemblyDiagnostics.Expected, string.Create(CultureInfo.InvariantCulture, $"A store has no sign: expected u{type.Bits}, found s{type.Bits}."));
        }

        return Next.Kind == TokenKind.Word
            ? Store(type.Size, address, offset, Value(type))
            : StoreImmediate(type.Size, address, offset, Immediate(extended: type.Bits == 64));
    }

    // .insn opcode, destination, source, offset, immediate[, next immediate]
    private Instruction Fields()
    {
        byte opcode = (byte)Number(0, byte.MaxValue, "an opcode");
        byte destination = (byte)Argument(0, 15);
        byte from = (byte)Argument(0, 15);
        short offset = Argument16();
        int immediate = (int)Argument(int.MinValue, uint.MaxValue);
        int next = Next.Is(",") ? (int)Argument(int.MinValue, uint.MaxValue) : 0;
        return new Instruction(opcode, destination, from, offset, immediate, opcode == Instruction.LoadImmediate64 ? next : 0);
    }

    private long Argument(long from, long to)
    {
        Mark(",");
        return Number(from, to, "a number");
    }

    private short Argument16() => (short)Argument(short.MinValue, short.MaxValue);

    private Instruction Assignment()
    {
        Token name = Next;
        Operand left = AnyRegister();
        Token mark = Next;
        if (mark.Is("="))
        {
            _at++;
            return Assigned(left, name);
        }

        int found = Operators.Alu.IndexOf(Operators.Alu.FirstOrDefault(x => mark.Is(x.Text)));
        if (found < 0)
        {
            Expected("= or an operation such as += or s>>=");
            return default;
        }

        _at++;
        (_, AluOperation operation, bool isSigned) = Operators.Alu[found];
        return Alu(operation, isSigned, left);
    }

    private Instruction Alu(AluOperation operation, bool isSigned, Operand left)
    {
        Instruction instruction;
        if (Next.Kind == TokenKind.Word)
        {
            Operand right = RegisterOfWidth(left.Is32);
            instruction = left.Is32 ? Alu32(operation, left.Register, right.Register) : Alu64(operation, left.Register, right.Register);
        }
        else
        {
            int immediate = Immediate(extended: !left.Is32);
            instruction = left.Is32 ? Alu32(operation, left.Register, immediate) : Alu64(operation, left.Register, immediate);
        }

        return isSigned ? instruction with { Offset = 1 } : instruction;
    }

    private Instruction Assigned(Operand left, Token name)
    {
        Token value = Next;
        switch (value)
        {
            case { Kind: TokenKind.Number }:
                return NumberAssigned(left, name);
            case { Text: "-" } when tokens[_at + 1].Kind == TokenKind.Number:
                return NumberAssigned(left, name);
            case { Kind: TokenKind.Mark, Text: "-" }:
                _at++;
                SameRegister(left, name);
                return left.Is32 ? Negate32(left.Register) : Negate(left.Register);
            case { Kind: TokenKind.Mark, Text: "*" }:
                return LoadAssigned(left, name);
            case { Kind: TokenKind.Mark, Text: "(" }:
                return SignExtended(left, value);
            case { Kind: TokenKind.Word } when LooksLikeRegister(value.Text):
                return Alu(AluOperation.Move, isSigned: false, left);
            case { Kind: TokenKind.Word }:
                _at++;
                return FunctionAssigned(left, name, value);
            default:
                Expected("a register, a number or a load");
                return default;
        }
    }

    private Instruction NumberAssigned(Operand left, Token name)
    {
        int start = _at;
        if (tokens[_at].Is("-"))
        {
            _at++;
        }

        _at++;
        if (!Next.IsWord("ll"))
        {
            _at = start;
            return Alu(AluOperation.Move, isSigned: false, left);
        }

        _at = start;
        bool isNegative = Next.Is("-");
        _at += isNegative ? 1 : 0;
        ulong value = Next.Value ?? 0;
        if (Next.Value is null || (isNegative && value > 1UL << 63))
        {
            Fail(Next, AssemblyDiagnostics.NumberOutOfRange, $"{Next} is no number of 64 bits.");
        }

        _at += 2;
        Wide(left, name);
        return LoadImmediate64(left.Register, isNegative ? 0 - value : value);
    }

    // r1 = (s8)r2
    private Instruction SignExtended(Operand left, Token place)
    {
        _at++;
        Token type = Next;
        string word = Name("s8, s16 or s32");
        Mark(")");
        int bits = word switch { "s8" => 8, "s16" => 16, "s32" when !left.Is32 => 32, _ => 0 };
        if (bits == 0)
        {
            Fail(type, AssemblyDiagnostics.Expected, $"Expected {(left.Is32 ? "s8 or s16" : "s8, s16 or s32")}, found '{word}'.");
        }

        Operand right = RegisterOfWidth(left.Is32);
        return left.Is32 ? MoveSignExtend32(left.Register, right.Register, bits) : MoveSignExtend(left.Register, right.Register, bits);
    }

    // r1 = *(u32 *)(r2 + 4), r0 = *(u32 *)skb[r6 + 4]
    private Instruction LoadAssigned(Operand left, Token name)
    {
        MemoryType type = PointerType();
        if (Next.IsWord("skb"))
        {
            return PacketLoad(left, name, type);
        }

        (Register address, short offset) = Address();
        CheckValueWidth(left, name, type);
        return type.IsSigned ? LoadSignExtend(type.Size, left.Register, address, offset) : Load(type.Size, left.Register, address, offset);
    }

    private Instruction PacketLoad(Operand left, Token name, MemoryType type)
    {
        _at++;
        if (left is not { Register: Register.R0 })
        {
            Fail(name, AssemblyDiagnostics.SameRegisterWanted, "A packet load leaves its value in r0.", "Write r0.");
        }

        if (type.IsSigned || type.Bits == 64)
        {
            Fail(name, AssemblyDiagnostics.Expected, "A packet load reads u8, u16 or u32.");
        }

        Mark("[");
        byte from = 0;
        int immediate = 0;
        bool isIndirect = Next.Kind == TokenKind.Word;
        if (isIndirect)
        {
            from = (byte)RegisterOfWidth(is32: false).Register;
        }

        if (!isIndirect || !Next.Is("]"))
        {
            immediate = isIndirect ? (int)Distance(int.MinValue, int.MaxValue) : (int)Number(int.MinValue, uint.MaxValue, "an offset");
        }

        Mark("]");
        MemoryMode mode = isIndirect ? MemoryMode.Indirect : MemoryMode.Absolute;
        return new Instruction((byte)((byte)type.Size | (byte)mode | (byte)InstructionClass.Load), 0, from, 0, immediate);
    }

    private Instruction FunctionAssigned(Operand left, Token name, Token word)
    {
        switch (word.Text)
        {
            case "le16" or "le32" or "le64" or "be16" or "be32" or "be64" or "bswap16" or "bswap32" or "bswap64":
                int bits = int.Parse(word.Text.AsSpan(word.Text.Length - 2), NumberStyles.None, CultureInfo.InvariantCulture);
                Wide(left, name);
                SameRegister(left, name);
                return word.Text[0] == 'l' ? ToLittleEndian(left.Register, bits) : word.Text[1] == 'e' ? ToBigEndian(left.Register, bits) : SwapBytes(left.Register, bits);
            case "load_acquire":
                return LoadAcquired(left, name);
            case "map" or "map_value":
                Wide(left, name);
                return MapAssigned(left.Register, word);
            case "subprog":
                Wide(left, name);
                return FunctionAddress(left.Register);
            case "btf":
                Wide(left, name);
                Mark("[");
                int id = (int)Number(int.MinValue, uint.MaxValue, "a BTF id");
                int module = Next.Is(",") ? (int)Argument(int.MinValue, uint.MaxValue) : 0;
                Mark("]");
                OptionalWord("ll");
                return WideLoad(WideLoadKind.BtfVariable, left.Register, id, module);
            case "xchg_64" or "xchg32_32" or "xchg_32" or "cmpxchg_64" or "cmpxchg32_32" or "cmpxchg_32":
                return Exchanged(left, name, word.Text.StartsWith('c'), word.Text.EndsWith("64", StringComparison.Ordinal) ? MemoryType.U64 : MemoryType.U32);
            case "atomic_xchg" or "atomic64_xchg":
                return Exchanged(left, name, isCompare: false, null);
            case "atomic_cmpxchg" or "atomic64_cmpxchg":
                return Exchanged(left, name, isCompare: true, null);
        }

        string fetch = word.Text.StartsWith("atomic64_", StringComparison.Ordinal) ? word.Text[9..] : word.Text.StartsWith("atomic_", StringComparison.Ordinal) ? word.Text[7..] : "";
        int found = Operators.Fetches.IndexOf(Operators.Fetches.FirstOrDefault(x => x.Text == fetch));
        if (found >= 0)
        {
            return Fetched(left, name, Operators.Fetches[found].Operation);
        }

        string? meant = Spelling.Closest(
            word.Text,
            ["le16", "le32", "le64", "be16", "be32", "be64", "bswap16", "bswap32", "bswap64", "load_acquire", "map", "map_value", "subprog", "xchg_64", "xchg32_32", "cmpxchg_64", "cmpxchg32_32",
             "atomic_fetch_add", "atomic_fetch_or", "atomic_fetch_and", "atomic_fetch_xor"]);
        Fail(word, AssemblyDiagnostics.Expected, $"Expected a register, a number or a load, found {word}.", meant is null ? null : $"Did you mean '{meant}'?");
        return default;
    }

    // r1 = load_acquire((u64 *)(r2 + 0))
    private Instruction LoadAcquired(Operand left, Token name)
    {
        Mark("(");
        MemoryType type = ParenthesisedType();
        (Register address, short offset) = Address();
        Mark(")");
        CheckValueWidth(left, name, type);
        return LoadAcquire(type.Size, left.Register, address, offset);
    }

    // r2 = atomic_fetch_add((u64 *)(r1 + 0), r2)
    private Instruction Fetched(Operand left, Token name, AtomicOperation operation)
    {
        Mark("(");
        Token place = Next;
        MemoryType type = ParenthesisedType();
        (Register address, short offset) = Address();
        Mark(",");
        AtomicSize(type, place);
        CheckValueWidth(left, name, type);
        SameRegister(left, name);
        Mark(")");
        return Atomic(type.Size, operation, address, offset, left.Register);
    }

    // r2 = xchg_64(r1 + 0, r2), r0 = cmpxchg_64(r1 + 0, r0, r2); the verifier: atomic64_xchg((u64 *)(r1 +0), r2)
    private Instruction Exchanged(Operand left, Token name, bool isCompare, MemoryType? known)
    {
        Mark("(");
        MemoryType type;
        Register address;
        short offset;
        if (known is MemoryType given)
        {
            type = given;
            (address, offset) = AddressInside();
        }
        else
        {
            Token place = Next;
            type = ParenthesisedType();
            AtomicSize(type, place);
            (address, offset) = Address();
        }

        CheckValueWidth(left, name, type);
        Mark(",");
        Register operand = left.Register;
        if (isCompare)
        {
            if (left.Register != Register.R0)
            {
                Fail(name, AssemblyDiagnostics.SameRegisterWanted, "cmpxchg compares with r0 and leaves the old value there.", "Write r0, or w0 for 32 bits.");
            }

            SameRegister(left, name);
            Mark(",");
            operand = Value(type);
        }
        else
        {
            SameRegister(left, name);
        }

        Mark(")");
        return Atomic(type.Size, isCompare ? AtomicOperation.CompareExchange : AtomicOperation.Exchange, address, offset, operand);
    }

    // r1 = map[name] ll, r1 = map[name][0]+4 ll, r1 = map[idx:name] ll, r1 = map_value[name]+4 ll
    private Instruction MapAssigned(Register register, Token word)
    {
        Mark("[");
        Token name = Next;
        string text = name.Text;
        if (name.Kind != TokenKind.Text)
        {
            Expected("the name or the index of a map");
            return default;
        }

        _at++;
        Mark("]");
        bool byIndex = text.StartsWith("idx:", StringComparison.Ordinal);
        text = byIndex ? text[4..] : text;
        if (text.StartsWith("id:", StringComparison.Ordinal))
        {
            Fail(name, AssemblyDiagnostics.UnknownMap, $"'{text}' is a number that one kernel gave a map.", "Write the name of the map, or its index in the program.");
        }

        int index = 0;
        if (text.Length > 0 && text.All(char.IsAsciiDigit))
        {
            if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out index))
            {
                Fail(name, AssemblyDiagnostics.NumberOutOfRange, $"'{text}' is no index of a map.");
            }
        }
        else if (text.Length > 1 && text[0] == '-' && int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out index))
        {
        }
        else
        {
            _reference = new Reference(ReferenceKind.Map, text, PlaceOf(name));
        }

        bool isValue = word.Text == "map_value";
        if (Next.Is("["))
        {
            _at++;
            Number(0, 0, "0, the key of the only entry,");
            Mark("]");
            isValue = true;
        }

        int offset = 0;
        if (isValue && (Next.Is("+") || Next.Is("-")))
        {
            offset = (int)Distance(int.MinValue, uint.MaxValue);
        }

        OptionalWord("ll");
        WideLoadKind kind = (byIndex, isValue) switch
        {
            (false, false) => WideLoadKind.Map,
            (false, true) => WideLoadKind.MapValue,
            (true, false) => WideLoadKind.MapIndex,
            _ => WideLoadKind.MapIndexValue,
        };
        return WideLoad(kind, register, index, offset);
    }

    // r2 = subprog[name] ll, r2 = subprog[+5] ll
    private Instruction FunctionAddress(Register register)
    {
        Mark("[");
        Token name = Next;
        if (name.Kind != TokenKind.Text)
        {
            Expected("a label or a distance");
            return default;
        }

        _at++;
        Mark("]");
        OptionalWord("ll");
        int distance = 0;
        if (Lexer.IsWord(name.Text))
        {
            _reference = new Reference(ReferenceKind.FarLabel, name.Text, PlaceOf(name));
        }
        else if (!int.TryParse(name.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out distance))
        {
            Fail(name, AssemblyDiagnostics.Expected, $"Expected a label or a distance such as +5, found {name}.");
        }

        return WideLoad(WideLoadKind.Function, register, distance, 0);
    }

    private short NearTarget()
    {
        if (IsDistance())
        {
            short distance = (short)Distance(short.MinValue, short.MaxValue);
            SkipSymbol();
            return distance;
        }

        return (short)FarTarget(ReferenceKind.NearLabel);
    }

    private int FarTarget(ReferenceKind kind)
    {
        int distance = 0;
        if (IsDistance())
        {
            distance = Distance(int.MinValue, int.MaxValue);
        }
        else
        {
            Token place = Next;
            string label = Name("a label or a distance such as +3");
            _reference = new Reference(kind, label, PlaceOf(place));
        }

        SkipSymbol();
        return distance;
    }

    private bool IsDistance() => Next.Is("+") || Next.Is("-") || Next.IsWord("pc");

    // llvm-objdump says behind a jump where it leads: <name+0x18>.
    private void SkipSymbol()
    {
        if (!_failed && Next.Is("<"))
        {
            _at = tokens.Count - 1;
        }
    }

    // +3, -3, pc+3
    private int Distance(long from, long to)
    {
        if (Next.IsWord("pc"))
        {
            _at++;
        }

        if (!Next.Is("+") && !Next.Is("-"))
        {
            Expected("+ or -");
            return 0;
        }

        if (Next.Is("+"))
        {
            _at++;
        }

        return (int)Number(from, to, "a number");
    }

    private MemoryType PointerType()
    {
        Mark("*");
        return ParenthesisedType();
    }

    // (u32 *)
    private MemoryType ParenthesisedType()
    {
        Mark("(");
        Token word = Next;
        MemoryType? type = MemoryType.Find(word.Text);
        if (word.Kind != TokenKind.Word || type is null)
        {
            Expected("u8, u16, u32, u64, s8, s16 or s32");
            return MemoryType.U64;
        }

        _at++;
        Mark("*");
        Mark(")");
        return type.Value;
    }

    // (r1 + 16)
    private (Register Register, short Offset) Address()
    {
        Mark("(");
        (Register, short) address = AddressInside();
        Mark(")");
        return address;
    }

    private (Register Register, short Offset) AddressInside()
    {
        Register register = RegisterOfWidth(is32: false).Register;
        return (register, (short)Distance(short.MinValue, short.MaxValue));
    }

    // Atomic operations that compute have 32 or 64 bits.
    private void AtomicSize(MemoryType type, Token place)
    {
        if (type.IsSigned || type.Bits < 32)
        {
            Fail(place, AssemblyDiagnostics.Expected, "Atomic operations have u32 or u64; only load_acquire and store_release have u8 and u16 too.");
        }
    }

    private Register Value(MemoryType type)
    {
        Token place = Next;
        Operand operand = AnyRegister();
        CheckValueWidth(operand, place, type);
        return operand.Register;
    }

    // A value of 32 bits or less is written with r or w; one of 64 bits, or extended to 64, with r.
    private void CheckValueWidth(Operand operand, Token place, MemoryType type)
    {
        if (operand.Is32 && (type.Bits == 64 || type.IsSigned))
        {
            Fail(place, AssemblyDiagnostics.MixedWidths, $"'{place.Text}' has 32 bits, the value has 64.", $"Write r{(int)operand.Register}.");
        }
    }

    private void Wide(Operand operand, Token place)
    {
        if (operand.Is32)
        {
            Fail(place, AssemblyDiagnostics.MixedWidths, $"'{place.Text}' has 32 bits, the instruction has 64.", $"Write r{(int)operand.Register}.");
        }
    }

    private void SameRegister(Operand left, Token name)
    {
        Token place = Next;
        Operand right = AnyRegister();
        if (!_failed && right != left)
        {
            Fail(place, AssemblyDiagnostics.SameRegisterWanted, $"'{place.Text}' must be the register that is assigned to.", $"Write {name.Text}.");
        }
    }

    private Operand RegisterOfWidth(bool is32)
    {
        Token place = Next;
        Operand operand = AnyRegister();
        if (!_failed && operand.Is32 != is32)
        {
            char letter = is32 ? 'w' : 'r';
            Fail(
                place, AssemblyDiagnostics.MixedWidths, $"'{place.Text}' has {(operand.Is32 ? 32 : 64)} bits, {(is32 ? 32 : 64)} are wanted.",
                string.Create(CultureInfo.InvariantCulture, $"Write {letter}{(int)operand.Register}."));
        }

        return operand;
    }

    private Operand AnyRegister()
    {
        Token word = Next;
        if (word.Kind != TokenKind.Word || !IsRegister(word.Text))
        {
            if (word.Kind == TokenKind.Word && LooksLikeRegister(word.Text))
            {
                Fail(word, AssemblyDiagnostics.NoSuchRegister, $"There is no register '{word.Text}'.");
            }
            else
            {
                Expected("a register");
            }

            return default;
        }

        _at++;
        return new Operand((Register)byte.Parse(word.Text.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture), word.Text[0] == 'w');
    }

    private static bool IsRegister(string word) =>
        word is ['r' or 'w', >= '0' and <= '9'] or ['r' or 'w', '1', '0'];

    private static bool LooksLikeRegister(string word) => word.Length is 2 or 3 && word[0] is 'r' or 'w' or 'R' or 'W' && word.AsSpan(1).IndexOfAnyExceptInRange('0', '9') < 0;

    private int Immediate(bool extended)
    {
        Token place = Next.Is("-") ? tokens[_at + 1] : Next;
        bool isNegative = Next.Is("-");
        long value = Number(int.MinValue, uint.MaxValue, "a register or a number");
        if (!_failed && extended && !isNegative && value > int.MaxValue)
        {
            findings.Add(AssemblyDiagnostics.SignExtended.At(
                PlaceOf(place), string.Create(CultureInfo.InvariantCulture, $"{place.Text} is extended to 0x{(ulong)(int)value:x}.")));
        }

        return (int)value;
    }

    private long Number(long from, long to, string what)
    {
        bool isNegative = Next.Is("-");
        Token number = isNegative ? tokens[_at + 1] : Next;
        if (number.Kind != TokenKind.Number)
        {
            _at += isNegative && !_failed ? 1 : 0;
            Expected(what);
            return 0;
        }

        _at += isNegative ? 2 : 1;
        Int128 value = isNegative ? -(Int128)(number.Value ?? 0) : number.Value ?? 0;
        if (number.Value is null || value < from || value > to)
        {
            bool isNumber = char.IsAsciiDigit(number.Text[^1]) || number.Text.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
            Fail(
                number, AssemblyDiagnostics.NumberOutOfRange,
                string.Create(CultureInfo.InvariantCulture, $"{(isNegative ? "-" : "")}{number.Text} is {(isNumber ? "out of range" : "no number")}: {from} to {to} is possible here."));
            return 0;
        }

        return (long)value;
    }

    private string Name(string what)
    {
        Token word = Next;
        if (word.Kind != TokenKind.Word || IsRegister(word.Text))
        {
            Expected(what);
            return "";
        }

        _at++;
        return word.Text;
    }

    private void Word(string text)
    {
        if (Next.IsWord(text))
        {
            _at++;
        }
        else
        {
            Expected($"'{text}'");
        }
    }

    private void OptionalWord(string text) => _at += !_failed && Next.IsWord(text) ? 1 : 0;

    private void Mark(string text)
    {
        if (Next.Is(text))
        {
            _at++;
        }
        else
        {
            Expected($"'{text}'");
        }
    }

    private void Expected(string what) => Fail(Next, AssemblyDiagnostics.Expected, $"Expected {what}, found {Next}.");

    private void Fail(Token place, DiagnosticDefinition definition, string message, string? remedy = null)
    {
        if (!_failed)
        {
            findings.Add(definition.At(PlaceOf(place), message, remedy));
        }

        _failed = true;
    }

    private SourceLocation PlaceOf(Token token) => new(source, line, token.Column);

    private readonly record struct Operand(Register Register, bool Is32);
}
