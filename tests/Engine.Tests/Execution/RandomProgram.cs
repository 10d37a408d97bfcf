using System.Collections.Immutable;
using ReuseportPS.Engine.Helpers;
using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Programs;
using static ReuseportPS.Engine.Isa.Register;

namespace ReuseportPS.RandomPrograms;

/// <summary>
/// A program made from a seed: arithmetic of every kind, branches, bounded loops, memory of every kind, maps, helpers, functions. Tame programs are such as the
/// kernel's verifier takes; wild ones also read what was never written, follow numbers, and go past the end of things.
/// </summary>
/// <remarks>
/// Wild programs have a context of 64 bytes, the first 16 of which are the packet's first address and that after its last. Tame programs have the value
/// of map "context" instead, so that it does not matter what type of program the kernel takes them for.
/// </remarks>
internal sealed class RandomProgram
{
    public const int ContextLength = 64;
    private const int FirstData = 16;
    private const int MostStatements = 12;

    private static readonly AluOperation[] s_operations =
    [
        AluOperation.Add, AluOperation.Subtract, AluOperation.Multiply, AluOperation.Divide, AluOperation.Or, AluOperation.And,
        AluOperation.ShiftLeft, AluOperation.ShiftRight, AluOperation.Modulo, AluOperation.Xor, AluOperation.Move, AluOperation.ArithmeticShiftRight,
    ];

    private static readonly JumpOperation[] s_comparisons =
    [
        JumpOperation.Equal, JumpOperation.NotEqual, JumpOperation.BitsSet, JumpOperation.GreaterThan, JumpOperation.GreaterOrEqual, JumpOperation.LessThan,
        JumpOperation.LessOrEqual, JumpOperation.SignedGreaterThan, JumpOperation.SignedGreaterOrEqual, JumpOperation.SignedLessThan, JumpOperation.SignedLessOrEqual,
    ];

    private static readonly MemorySize[] s_sizes = [MemorySize.Byte, MemorySize.HalfWord, MemorySize.Word, MemorySize.DoubleWord];

    private static readonly AtomicOperation[] s_atomics =
    [
        AtomicOperation.Add, AtomicOperation.FetchAdd, AtomicOperation.Or, AtomicOperation.FetchOr, AtomicOperation.And, AtomicOperation.FetchAnd,
        AtomicOperation.Xor, AtomicOperation.FetchXor, AtomicOperation.Exchange, AtomicOperation.CompareExchange,
    ];

    private readonly ProgramBuilder _builder = new();
    private readonly Queue<(Label Label, int Depth)> _functions = new();
    private readonly bool _tame;
    private ulong _state;
    private int _left;
    private int _depth;
    private int _loops;

    // Registers that hold numbers; r6 holds the context in the main function.
    private bool[] _numbers = new bool[10];

    // Bytes of the stack, by 8 from r10 - 8 on down, that were written as 8 bytes of a number.
    private bool[] _written = new bool[8];

    private RandomProgram(ulong seed, bool tame)
    {
        _state = seed * 0x9e3779b97f4a7c15 + 1;
        _tame = tame;
    }

    /// <summary>Maps of every program.</summary>
    public static ImmutableArray<MapSpec> Maps { get; } =
    [
        new("one", MapType.Array, 4, 16, 1),
        new("array", MapType.Array, 4, 16, 5),
        new("hash", MapType.Hash, 4, 12, 4),
        new("wide", MapType.Hash, 8, 8, 8),
        new("percpu", MapType.PerCpuArray, 4, 8, 3),
        new("trie", MapType.LpmTrie, 8, 8, 8, MapFlags.NoPreallocation),
        new("outer", MapType.ArrayOfMaps, 4, 4, 3) { Inner = InnerMap },
        new("percpuhash", MapType.PerCpuHash, 4, 8, 3),
        new("calls", MapType.ProgArray, 4, 4, 3),
        new("fixed", MapType.Array, 4, 8, 2, MapFlags.ReadOnlyProgram),
        new("context", MapType.Array, 4, ContextLength, 1),
    ];

    /// <summary>Maps that are in "outer".</summary>
    public static MapSpec InnerMap => new("inner", MapType.Array, 4, 8, 2);

    /// <summary>Index in <see cref="Maps"/> of the map whose entries stand for sockets.</summary>
    public const int Sockets = 1;

    /// <summary>Index of "outer" in <see cref="Maps"/>.</summary>
    public const int Outer = 6;

    /// <summary>Index of "context" in <see cref="Maps"/>.</summary>
    public const int Context = 10;

    /// <summary>Index of "calls" in <see cref="Maps"/>.</summary>
    public const int Calls = 8;

    /// <summary>A program. The same seed always makes the same.</summary>
    public static ImmutableArray<Instruction> Make(ulong seed, bool tame) => new RandomProgram(seed, tame).Make();

    private ImmutableArray<Instruction> Make()
    {
        _left = 4 + Next(40);
        if (_tame || Chance(90))
        {
            Add(_tame ? Instructions.LoadMapValue(R6, Context, 0) : Instructions.Move(R6, R1));
            for (int register = 0; register < 10; register++)
            {
                if (register != 6 && (_tame || Chance(60)))
                {
                    SetNumber((Register)register);
                }
            }
        }

        Statements();
        if (!_tame || Chance(50))
        {
            Fold();
        }

        if (!_numbers[0])
        {
            SetNumber(R0);
        }

        if (_tame)
        {
            Add(Instructions.Store(MemorySize.DoubleWord, R6, FirstData, R0), Instructions.MoveImmediate(R0, 0));
        }

        Add(Instructions.Exit());
        while (_functions.TryDequeue(out (Label Label, int Depth) function))
        {
            Function(function.Label, function.Depth);
        }

        return _builder.Build();
    }

    private int Next(int below)
    {
        ulong z = _state += 0x9e3779b97f4a7c15;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return (int)((z ^ (z >> 31)) >> 33) % below;
    }

    private bool Chance(int percent) => Next(100) < percent;

    private T One<T>(T[] of) => of[Next(of.Length)];

    private void Add(params ReadOnlySpan<Instruction> instructions) => _builder.Add(instructions);

    private int Immediate() => Next(6) switch
    {
        0 => Next(3),
        1 => -1 - Next(3),
        2 => Next(64),
        3 => (Next(int.MaxValue) << 1) + Next(2),
        4 => int.MinValue >> Next(32),
        _ => 1 << Next(32),
    };

    // A register that may be read as a number: in wild programs any.
    private Register Number()
    {
        if (!_tame && Chance(8))
        {
            return (Register)Next(11);
        }

        int first = Next(10);
        for (int i = 0; i < 10; i++)
        {
            if (_numbers[(first + i) % 10])
            {
                return (Register)((first + i) % 10);
            }
        }

        SetNumber(R0);
        return R0;
    }

    // A register that may be written; the context stays in r6, mostly, and the counters of loops where they are.
    private Register Target()
    {
        int register = Next(10 - _loops);
        return register == 6 && (_tame || Chance(97)) ? R0 : register >= 10 - _loops ? R0 : (Register)register;
    }

    private Register Write(Register register)
    {
        _numbers[(int)register] = true;
        return register;
    }

    private void SetNumber(Register register)
    {
        switch (Next(4))
        {
            case 0:
                Add(Instructions.MoveImmediate32(register, Immediate()));
                break;
            case 1:
                Add(Instructions.LoadImmediate64(register, ((ulong)(uint)Immediate() << 32) | (uint)Immediate()));
                break;
            default:
                Add(Instructions.MoveImmediate(register, Immediate()));
                break;
        }

        Write(register);
    }

    private void Statements()
    {
        int count = 1 + Next(MostStatements);
        for (int i = 0; i < count && _left > 0; i++)
        {
            _left--;
            Statement();
        }
    }

    private void Statement()
    {
        switch (Next(_tame ? 24 : 30))
        {
            case < 8:
                Arithmetic();
                break;
            case 8 when Chance(30):
                Field();
                break;
            case 8:
                LoadContext();
                break;
            case 16 when Chance(25):
                Join();
                break;
            case 9:
                StoreContext();
                break;
            case 10 or 11:
                StoreStack();
                break;
            case 12 or 13:
                LoadStack();
                break;
            case 14:
                AtomicOnStack();
                break;
            case 15 or 16:
                If();
                break;
            case 17:
                Loop();
                break;
            case 18 or 19:
                Lookup();
                break;
            case 20:
                Update();
                break;
            case 21:
                Ask();
                break;
            case 22:
                Call();
                break;
            case 23:
                Indexed();
                break;
            case 24 or 25:
                Packet();
                break;
            case 26:
                WildAccess();
                break;
            case 27:
                MixPointers();
                break;
            case 28:
                TailCall();
                break;
            default:
                Spill();
                break;
        }
    }

    private void Arithmetic()
    {
        bool wide = Chance(50);
        switch (Next(12))
        {
            case 0:
                Register negated = Number();
                if (negated != R10 && IsFree(negated))
                {
                    Add(wide ? Instructions.Negate(negated) : Instructions.Negate32(negated));
                }

                return;
            case 1:
                Register swapped = Number();
                int bits = 16 << Next(3);
                if (swapped != R10 && IsFree(swapped))
                {
                    Add(Next(3) switch { 0 => Instructions.SwapBytes(swapped, bits), 1 => Instructions.ToBigEndian(swapped, bits), _ => Instructions.ToLittleEndian(swapped, bits) });
                }

                return;
            case 2:
                Register from = Number();
                Register to = Target();
                Add(wide ? Instructions.MoveSignExtend(to, from, 8 << Next(3)) : Instructions.MoveSignExtend32(to, from, 8 << Next(2)));
                Write(to);
                return;
        }

        AluOperation operation = One(s_operations);
        Register destination = Number();
        if (destination == R10 || !IsFree(destination))
        {
            return;
        }

        bool divides = operation is AluOperation.Divide or AluOperation.Modulo;
        bool signed = divides && Chance(40);
        Instruction made;
        if (Chance(50))
        {
            int immediate = operation is AluOperation.ShiftLeft or AluOperation.ShiftRight or AluOperation.ArithmeticShiftRight && _tame ? Next(wide ? 64 : 32) : Immediate();
            immediate = divides && _tame && immediate == 0 ? 3 : immediate;
            made = wide ? Instructions.Alu64(operation, destination, immediate) : Instructions.Alu32(operation, destination, immediate);
        }
        else
        {
            Register source = Number();
            if (_tame && !_numbers[(int)source])
            {
                return;
            }

            made = wide ? Instructions.Alu64(operation, destination, source) : Instructions.Alu32(operation, destination, source);
        }

        Add(signed ? made with { Offset = 1 } : made);
        Write(destination);
        if (operation == AluOperation.Subtract && Chance(50))
        {
            Register other = Target();
            if (other != R6)
            {
                SetNumber(other);
            }
        }

        if (Chance(10))
        {
            // What compilers without 32-bit arithmetic write.
            Add(Instructions.Alu64(AluOperation.ShiftLeft, destination, 32), Instructions.Alu64(Chance(50) ? AluOperation.ShiftRight : AluOperation.ArithmeticShiftRight, destination, 32));
        }
        else if (Chance(6))
        {
            Register copy = Target();
            if (copy != destination)
            {
                int rotation = 1 + Next(31);
                Add(
                    Instructions.Move32(copy, destination), Instructions.Alu32(AluOperation.ShiftLeft, destination, rotation),
                    Instructions.Alu32(AluOperation.ShiftRight, copy, 32 - rotation), Instructions.Alu32(AluOperation.Or, destination, copy));
                Write(copy);
            }
        }
    }

    // Neither the context nor the counter of a loop.
    private bool IsFree(Register register) => (register != R6 || !_tame) && (int)register < 10 - _loops;

    private short ContextOffset(MemorySize size)
    {
        int bytes = Bytes(size);
        return !_tame && Chance(3) ? (short)(Next(200) - 70) : (short)((_depth > 0 ? 0 : FirstData) + Next((ContextLength - FirstData) / bytes) * bytes);
    }

    private static int Bytes(MemorySize size) => size switch { MemorySize.Byte => 1, MemorySize.HalfWord => 2, MemorySize.Word => 4, _ => 8 };

    private void Load(Register register, Register from, short offset, MemorySize size) =>
        Add(size != MemorySize.DoubleWord && Chance(25) ? Instructions.LoadSignExtend(size, register, from, offset) : Instructions.Load(size, register, from, offset));

    private void LoadContext()
    {
        MemorySize size = One(s_sizes);
        Register register = Target();
        if (_depth == 0 || !_tame)
        {
            Load(register, R6, ContextOffset(size), size);
            Write(register);
        }
    }

    // A number put together from single bytes, in either order, and now and then not quite.
    private void Field()
    {
        (Register number, Register part) = (Target(), Target());
        if (number == part || number == R6 || part == R6 || (_depth > 0 && _tame))
        {
            return;
        }

        int bytes = One([2, 4, 4, 8]);
        bool swapped = Chance(60);
        bool wide = bytes == 8 || Chance(50);
        short at = (short)(ContextOffset(MemorySize.Byte) - Next(bytes));
        at = _tame ? (short)Math.Clamp(at, FirstData, ContextLength - bytes) : at;
        for (int i = 0; i < bytes; i++)
        {
            Register into = i == 0 ? number : part;
            int shift = Chance(98) ? 8 * (swapped ? bytes - 1 - i : i) : Next(32);
            Add(Instructions.Load(MemorySize.Byte, into, R6, (short)(at + i)));
            if (shift > 0)
            {
                Add(wide ? Instructions.Alu64(AluOperation.ShiftLeft, into, shift) : Instructions.Alu32(AluOperation.ShiftLeft, into, shift));
            }

            if (i > 0)
            {
                Add(wide || Chance(10) ? Instructions.Alu64(AluOperation.Or, number, part) : Instructions.Alu32(AluOperation.Or, number, part));
            }

            Write(into);
            if (Chance(5))
            {
                StoreContext();
            }
        }
    }

    // An operation on what two ways hand over.
    private void Join()
    {
        (Register left, Register right) = (Target(), Target());
        if (left == right || left == R6 || right == R6)
        {
            return;
        }

        Label other = _builder.NewLabel();
        Label join = _builder.NewLabel();
        Compare(other);
        SetNumber(left);
        SetNumber(right);
        _builder.Jump(join).Mark(other);
        Register from = Number();
        Add(Instructions.Move(left, from), Instructions.MoveImmediate(right, Immediate()));
        _builder.Mark(join);
        AluOperation operation = One([AluOperation.Xor, AluOperation.Add, AluOperation.Or, AluOperation.And, AluOperation.Multiply, AluOperation.Subtract]);
        Add(Chance(50) ? Instructions.Alu64(operation, left, right) : Instructions.Alu32(operation, left, right));
        if (Chance(70))
        {
            SetNumber(right);
        }
    }

    private void StoreContext()
    {
        if (_depth > 0 && _tame)
        {
            return;
        }

        MemorySize size = One(s_sizes);
        Add(Chance(50)
            ? Instructions.Store(size, R6, ContextOffset(size), Number())
            : Instructions.StoreImmediate(size, R6, ContextOffset(size), Immediate()));
    }

    private void StoreStack()
    {
        if (_tame || Chance(70))
        {
            int place = Next(_written.Length);
            Add(Instructions.Store(MemorySize.DoubleWord, R10, (short)(-8 - 8 * place), Number()));
            _written[place] = true;
            return;
        }

        MemorySize size = One(s_sizes);
        short offset = (short)(Chance(4) ? Next(600) - 550 : -Bytes(size) - Next(64));
        Add(Chance(50) ? Instructions.Store(size, R10, offset, Number()) : Instructions.StoreImmediate(size, R10, offset, Immediate()));
    }

    private void LoadStack()
    {
        MemorySize size = One(s_sizes);
        Register register = Target();
        int place = Next(_written.Length);
        if (_tame || Chance(70))
        {
            if (_written[place] || !_tame)
            {
                int bytes = Bytes(size);
                Load(register, R10, (short)(-8 - 8 * place + Next(8 / bytes) * bytes), size);
                Write(register);
            }

            return;
        }

        Load(register, R10, (short)(Chance(4) ? Next(600) - 550 : -Bytes(size) - Next(64)), size);
        Write(register);
    }

    private void AtomicOnStack()
    {
        int place = Next(_written.Length);
        if (_tame && !_written[place])
        {
            return;
        }

        Atomic(R10, (short)(-8 - 8 * place));
    }

    private void Atomic(Register at, short offset)
    {
        if (Chance(20))
        {
            MemorySize size = One(s_sizes);
            Register register = Target();
            if (Chance(50))
            {
                Add(Instructions.LoadAcquire(size, register, at, offset));
                Write(register);
            }
            else
            {
                Register stored = Number();
                Add(Instructions.Atomic(size, AtomicOperation.StoreRelease, at, offset, stored));
            }

            return;
        }

        AtomicOperation operation = One(s_atomics);
        Register source = Number();
        if (source == R10 || source == at || !IsFree(source))
        {
            source = R0;
            if (!_numbers[0] || at == R0)
            {
                return;
            }
        }

        if (operation == AtomicOperation.CompareExchange && (!_numbers[0] || at == R0))
        {
            return;
        }

        // The kernel leaves the upper half of r0 as it was after a 32-bit compare-exchange.
        bool word = Chance(50) && !(_tame && operation == AtomicOperation.CompareExchange);
        Add(Instructions.Atomic(word ? MemorySize.Word : MemorySize.DoubleWord, operation, at, offset, source));
        Write(source);
    }

    private void Compare(Label label)
    {
        JumpOperation comparison = One(s_comparisons);
        Register left = Number();
        Register right = Number();
        if (_tame && !(_numbers[(int)left] && _numbers[(int)right]))
        {
            return;
        }

        switch (Next(7))
        {
            case 4:
                TestBits(left, label);
                break;
            case 5:
                int least = Next(100);
                _builder.JumpIf(JumpOperation.LessThan, left, least, label).JumpIf(JumpOperation.GreaterThan, left, Chance(90) ? least + Next(1000) : Immediate(), label);
                break;
            case 6:
                LoadAndCompare(right, label);
                break;
            case 0:
                _builder.JumpIf(comparison, left, Immediate(), label);
                break;
            case 1:
                _builder.JumpIf32(comparison, left, Immediate(), label);
                break;
            case 2:
                _builder.JumpIf(comparison, left, right, label);
                break;
            default:
                _builder.JumpIf32(comparison, left, right, label);
                break;
        }
    }

    private void TestBits(Register of, Label label)
    {
        Register copy = Target();
        if (copy != R6)
        {
            Add(Instructions.Move(copy, of), Instructions.Alu64(AluOperation.And, copy, Immediate()));
            _builder.JumpIf(Chance(50) ? JumpOperation.Equal : JumpOperation.NotEqual, copy, Chance(90) ? 0 : Immediate(), label);
            Write(copy);
        }
    }

    private void LoadAndCompare(Register with, Label label)
    {
        Register loaded = Target();
        if (loaded == R6 || (_depth > 0 && _tame))
        {
            return;
        }

        Add(Instructions.Load(MemorySize.Word, loaded, R6, ContextOffset(MemorySize.Word)));
        Write(loaded);
        _ = Chance(50) ? _builder.JumpIf(JumpOperation.LessThan, with, loaded, label) : _builder.JumpIf(JumpOperation.LessOrEqual, loaded, with, label);
    }

    private void If()
    {
        Label otherwise = _builder.NewLabel();
        Label end = _builder.NewLabel();
        Compare(otherwise);
        bool[] numbers = [.. _numbers];
        bool[] written = [.. _written];
        Statements();
        if (Chance(10) && _depth == 0 && !_tame)
        {
            Add(Instructions.Exit());
        }

        bool hasElse = Chance(50);
        if (hasElse)
        {
            _builder.Jump(end);
        }

        (_numbers, numbers) = (numbers, _numbers);
        (_written, written) = (written, _written);
        _builder.Mark(otherwise);
        if (hasElse)
        {
            Statements();
            Add(Instructions.Move(R8, R8));
            _builder.Mark(end);
        }

        for (int i = 0; i < _numbers.Length; i++)
        {
            _numbers[i] &= numbers[i];
        }

        for (int i = 0; i < _written.Length; i++)
        {
            _written[i] &= written[i];
        }

        Add(Instructions.Move(R7, R7));
    }

    private void Loop()
    {
        if (_loops == 2)
        {
            return;
        }

        Register counter = (Register)(9 - _loops);
        if (counter == R6)
        {
            return;
        }

        _loops++;
        int rounds = _tame ? 1 + Next(4) : 1 + Next(20);
        Add(Instructions.MoveImmediate(counter, rounds));
        Write(counter);
        Label again = _builder.NewLabel();
        bool[] numbers = [.. _numbers];
        bool[] written = [.. _written];
        _builder.Mark(again);
        Add(Instructions.Alu64(AluOperation.Subtract, counter, 1));
        Statements();
        for (int i = 0; i < _numbers.Length; i++)
        {
            _numbers[i] &= numbers[i];
        }

        for (int i = 0; i < _written.Length; i++)
        {
            _written[i] &= written[i];
        }

        if (_tame)
        {
            // What the loop made a pointer of would be one in its next round.
            for (int register = 0; register < 10; register++)
            {
                if (numbers[register] && !_numbers[register])
                {
                    SetNumber((Register)register);
                }
            }
        }

        _builder.JumpIf(_tame || Chance(50) ? JumpOperation.NotEqual : JumpOperation.SignedGreaterThan, counter, 0, again);
        _loops--;
    }

    // Puts a key at r10 - 72 or below, and its address in r2.
    private void Key(int size)
    {
        bool number = Chance(40);
        if (size == 4)
        {
            Add(number ? Instructions.Store(MemorySize.Word, R10, -76, Number()) : Instructions.StoreImmediate(MemorySize.Word, R10, -76, Next(7)));
            if (number && Chance(70))
            {
                Add(Instructions.Load(MemorySize.Word, R2, R10, -76), Instructions.Alu32(AluOperation.And, R2, 7), Instructions.Store(MemorySize.Word, R10, -76, R2));
            }
        }
        else if (number)
        {
            Register register = Number();
            Add(Instructions.Move(R2, register), Instructions.Alu64(AluOperation.And, R2, 7), Instructions.Store(MemorySize.DoubleWord, R10, -80, R2));
        }
        else
        {
            Add(Instructions.StoreImmediate(MemorySize.Word, R10, -80, Next(34)), Instructions.StoreImmediate(MemorySize.Word, R10, -76, Immediate() & 0x3ff));
        }

        Add(Instructions.Move(R2, R10), Instructions.Alu64(AluOperation.Add, R2, size == 4 ? -76 : -80));
        _numbers[2] = false;
    }

    private void Clobber(int from)
    {
        for (int register = from; register <= 5; register++)
        {
            _numbers[register] = false;
        }
    }

    private void Lookup()
    {
        int map = Next(_tame ? Calls : Context);
        if (map == Calls)
        {
            map = 1;
        }

        MapSpec spec = Maps[map];
        Key(spec.KeySize);
        bool otherCpu = spec.Type is MapType.PerCpuArray or MapType.PerCpuHash && Chance(30);
        Add(Instructions.LoadMap(R1, map));
        if (otherCpu)
        {
            Add(Instructions.MoveImmediate(R3, Next(3)));
        }

        Add(Instructions.CallHelper(otherCpu ? HelperId.MapLookupPerCpuElement : HelperId.MapLookupElement));
        Clobber(0);
        Label miss = _builder.NewLabel();
        if (_tame || Chance(93))
        {
            if (!_tame && Chance(20))
            {
                Add(Instructions.Move(R7, R0));
                _numbers[7] = false;
            }

            _builder.JumpIf(JumpOperation.Equal, R0, 0, miss);
        }

        int size = spec.ValueSize;
        if (map == Outer)
        {
            Add(Instructions.Move(R1, R0));
            Key(4);
            Add(Instructions.CallHelper(HelperId.MapLookupElement));
            _builder.JumpIf(JumpOperation.Equal, R0, 0, miss);
            size = InnerMap.ValueSize;
        }

        UseValue(size, readOnly: spec.Flags.HasFlag(MapFlags.ReadOnlyProgram));
        SetNumber(R0);
        Add(Instructions.Move(R0, R0));
        _builder.Mark(miss);
        Add(Instructions.MoveImmediate(R0, Immediate()));
        Write(R0);
    }

    // r0 is the address of a value.
    private void UseValue(int valueSize, bool readOnly)
    {
        int uses = 1 + Next(3);
        for (int i = 0; i < uses; i++)
        {
            MemorySize size = One(s_sizes);
            short offset = (short)(Next(valueSize / Bytes(size)) * Bytes(size));
            if (!_tame && Chance(3))
            {
                offset = (short)(Next(40) - 12);
            }

            switch (readOnly && (_tame || Chance(90)) ? 0 : Next(5))
            {
                case 0 or 1:
                    Register register = Target();
                    if (register != R0)
                    {
                        Load(register, R0, offset, size);
                        Write(register);
                    }

                    break;
                case 2:
                    Register stored = Number();
                    if (_numbers[(int)stored == 10 ? 0 : (int)stored] || !_tame)
                    {
                        Add(Instructions.Store(size, R0, offset, stored));
                    }

                    break;
                case 3:
                    Add(Instructions.StoreImmediate(size, R0, offset, Immediate()));
                    break;
                default:
                    _numbers[0] = false;
                    Atomic(R0, (short)(valueSize == 12 ? 0 : offset & ~7));
                    break;
            }
        }

        if (Chance(25))
        {
            // A number chooses the byte.
            Register index = Number();
            if (index != R10 && index != R0 && IsFree(index) && (_numbers[(int)index] || !_tame))
            {
                Add(Instructions.Alu64(AluOperation.And, index, 3), Instructions.Alu64(AluOperation.Add, R0, index), Instructions.Load(MemorySize.Word, index, R0, 0));
                Write(index);
            }
        }
    }

    private void Update()
    {
        int map = One([1, 2, 3, 4, 5, 7]);
        MapSpec spec = Maps[map];
        Key(spec.KeySize);
        bool deletes = Chance(35) && (!_tame || spec.Type is not (MapType.PerCpuArray or MapType.Array));
        if (!deletes)
        {
            Add(Instructions.StoreImmediate(MemorySize.DoubleWord, R10, -96, Immediate()), Instructions.Store(MemorySize.DoubleWord, R10, -88, Number()));
            Add(Instructions.Move(R3, R10), Instructions.Alu64(AluOperation.Add, R3, -96), Instructions.MoveImmediate(R4, Chance(70) ? 0 : Next(4)));
        }

        Add(Instructions.LoadMap(R1, map), Instructions.CallHelper(deletes ? HelperId.MapDeleteElement : HelperId.MapUpdateElement));
        Clobber(1);
        Write(R0);
    }

    private void Ask()
    {
        // The kernel's clocks, random numbers and CPU are its own.
        if (_tame)
        {
            return;
        }

        if (Chance(30))
        {
            Key(4);
            Add(Instructions.Move(R3, R2), Instructions.Move(R1, R6), Instructions.LoadMap(R2, Chance(97) ? Sockets : 2), Instructions.CallHelper(HelperId.SkSelectReuseport));
            Clobber(1);
            Write(R0);
            return;
        }

        Add(Instructions.CallHelper(Chance(2) ? 17 : One([HelperId.KtimeGetNanoseconds, HelperId.GetPrandomU32, HelperId.GetSmpProcessorId, HelperId.GetNumaNodeId])));
        Clobber(1);
        Write(R0);
    }

    private void Call()
    {
        if (_functions.Count > 3 || _depth > 2)
        {
            return;
        }

        Label function = _builder.NewLabel();
        for (int register = 1; register <= 5; register++)
        {
            if (!_numbers[register])
            {
                SetNumber((Register)register);
            }
        }

        _functions.Enqueue((function, _depth + 1));
        _builder.Call(function);
        Clobber(1);
        Write(R0);
    }

    private void Function(Label label, int depth)
    {
        _depth = depth;
        _loops = 0;
        _left = Math.Min(_left + 6, 10);
        Array.Clear(_written);
        for (int register = 0; register < 10; register++)
        {
            _numbers[register] = register is >= 1 and <= 5;
        }

        _builder.Mark(label);
        Add(Instructions.MoveImmediate(R0, Immediate()), Instructions.MoveImmediate(R7, 1), Instructions.MoveImmediate(R8, 2), Instructions.MoveImmediate(R9, 3));
        _numbers[0] = _numbers[7] = _numbers[8] = _numbers[9] = true;
        if (_tame)
        {
            Add(Instructions.MoveImmediate(R6, 4));
        }

        Statements();
        if (!_numbers[0])
        {
            SetNumber(R0);
        }

        if (!_tame && Chance(3))
        {
            Add(Instructions.Move(R0, R10));
        }

        if (!_tame && Chance(3))
        {
            // Calls itself until the frames run out.
            _builder.Call(label);
        }

        Add(Instructions.Exit());
    }

    // Reads or writes at an index into the stack, the context, or the value with a known address.
    private void Indexed()
    {
        Register index = Number();
        if (index == R10 || !IsFree(index) || (_tame && !_numbers[(int)index]))
        {
            return;
        }

        int most = One([3, 7]);
        if (_tame || Chance(85))
        {
            Add(Instructions.Alu64(AluOperation.And, index, most));
        }

        Register pointer = index == R4 ? R5 : R4;
        int start;
        switch (_tame ? 2 : Next(4))
        {
            case 0:
                Add(Instructions.Move(pointer, R10));
                start = -8 - 8 * Next(8);
                break;
            case 1:
                Add(Instructions.Move(pointer, R6));
                start = 16 + Next(40);
                break;
            default:
                Add(Instructions.LoadMapValue(pointer, 0, 0));
                start = Next(8);
                break;
        }

        Add(Instructions.Alu64(AluOperation.Add, pointer, index));
        _numbers[(int)pointer] = false;
        Add(Chance(50)
            ? Instructions.Load(MemorySize.Byte, index, pointer, (short)start)
            : Instructions.Store(MemorySize.Byte, pointer, (short)start, index));
    }

    private void Packet()
    {
        Label outside = _builder.NewLabel();
        int needed = 1 + Next(40);
        Add(Instructions.Load(MemorySize.DoubleWord, R2, R6, 0), Instructions.Load(MemorySize.DoubleWord, R3, R6, 8), Instructions.Move(R4, R2));
        _numbers[2] = _numbers[3] = _numbers[4] = false;
        Register index = Number();
        bool indexed = Chance(40) && index is not (R2 or R3 or R4 or R5 or R6 or R10) && IsFree(index);
        if (indexed)
        {
            Add(Chance(80) ? Instructions.Alu64(AluOperation.And, index, 15) : Instructions.Alu64(AluOperation.ShiftRight, index, 60), Instructions.Alu64(AluOperation.Add, R2, index), Instructions.Move(R4, R2));
        }

        Add(Instructions.Alu64(AluOperation.Add, R4, needed));
        _builder.JumpIf(Chance(90) ? JumpOperation.GreaterThan : JumpOperation.GreaterOrEqual, R4, R3, outside);
        for (int i = Next(4); i >= 0; i--)
        {
            MemorySize size = One(s_sizes);
            int offset = Chance(90) ? Next(Math.Max(1, needed - Bytes(size) + 1)) : Next(60) - 4;
            Register to = Chance(50) ? R5 : R1;
            Load(to, R2, (short)offset, size);
            Write(to);
        }

        if (Chance(10))
        {
            Add(Instructions.StoreImmediate(MemorySize.HalfWord, R2, (short)Next(needed), 7));
        }

        Add(Instructions.Move(R0, R0));
        _builder.Mark(outside);
        Add(Instructions.MoveImmediate(R2, 1), Instructions.MoveImmediate(R3, 2), Instructions.MoveImmediate(R4, 3));
        _numbers[2] = _numbers[3] = _numbers[4] = true;
    }

    private void WildAccess()
    {
        if (Chance(70))
        {
            return;
        }

        Register pointer = (Register)Next(11);
        MemorySize size = One(s_sizes);
        if (Chance(50))
        {
            Load(Write(Target()), pointer, (short)(Next(80) - 40), size);
        }
        else
        {
            Add(Instructions.Store(size, pointer, (short)(Next(80) - 40), Number()));
        }
    }

    private void MixPointers()
    {
        Label other = _builder.NewLabel();
        Label join = _builder.NewLabel();
        void Pointer()
        {
            switch (Next(5))
            {
                case 0:
                    Add(Instructions.Move(R3, R10), Instructions.Alu64(AluOperation.Add, R3, -8 - 8 * Next(8)));
                    break;
                case 1:
                    Add(Instructions.Move(R3, R6), Instructions.Alu64(AluOperation.Add, R3, 16));
                    break;
                case 2:
                    Add(Instructions.LoadMapValue(R3, 0, 8));
                    break;
                case 3:
                    Add(Instructions.Load(MemorySize.DoubleWord, R3, R6, 0));
                    break;
                default:
                    Add(Instructions.Move(R3, Chance(80) ? R10 : R9), Instructions.Alu64(AluOperation.Add, R3, -16));
                    break;
            }
        }

        Compare(other);
        Pointer();
        _builder.Jump(join).Mark(other);
        Pointer();
        Add(Instructions.Move(R8, R8));
        _builder.Mark(join);
        _numbers[3] = false;
        Register register = Target();
        if (Chance(60))
        {
            Load(register, R3, 0, One(s_sizes));
            Write(register);
        }
        else
        {
            Add(Instructions.Store(One(s_sizes), R3, 0, Number()));
        }
    }

    private void TailCall()
    {
        if (Chance(50))
        {
            return;
        }

        Add(Instructions.Move(R1, R6), Instructions.LoadMap(R2, Calls), Instructions.MoveImmediate(R3, Next(4)), Instructions.CallHelper(HelperId.TailCall));
    }

    private void Spill()
    {
        short at = (short)(-8 - 8 * Next(8));
        Register pointer = Chance(50) ? R10 : R6;
        Add(Instructions.Move(R5, pointer), Instructions.Alu64(AluOperation.Add, R5, pointer == R10 ? -24 : 24), Instructions.Store(MemorySize.DoubleWord, R10, at, R5));
        Statements();
        Register register = Target();
        Add(Instructions.Load(MemorySize.DoubleWord, R5, R10, at), Instructions.Load(MemorySize.Word, register, R5, 0));
        _numbers[5] = false;
        Write(register);
    }

    // What was computed goes into the result.
    private void Fold()
    {
        if (!_numbers[0])
        {
            SetNumber(R0);
        }

        for (int register = 1; register < 10; register++)
        {
            if (_numbers[register])
            {
                Add(Instructions.Alu64(AluOperation.Multiply, R0, 31), Instructions.Alu64(AluOperation.Xor, R0, (Register)register));
            }
        }
    }
}
