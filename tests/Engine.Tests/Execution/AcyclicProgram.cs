using System.Collections.Immutable;
using ReuseportPS.Engine.Helpers;
using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Programs;
using static ReuseportPS.Engine.Isa.Register;

namespace ReuseportPS.Engine.Tests.Execution;

/// <summary>A program made from a seed, of the kind that steers: it reads its context and tables, computes, branches forward, selects, and ends without a fault.</summary>
internal sealed class AcyclicProgram
{
    public const int ContextLength = 64;

    /// <summary>Index in <see cref="Maps"/> of the map whose entries stand for sockets.</summary>
    public const int Sockets = 0;

    private static readonly AluOperation[] s_operations =
    [
        AluOperation.Add, AluOperation.Subtract, AluOperation.Multiply, AluOperation.Or, AluOperation.And, AluOperation.Xor,
        AluOperation.ShiftLeft, AluOperation.ShiftRight, AluOperation.ArithmeticShiftRight, AluOperation.Move, AluOperation.Divide, AluOperation.Modulo,
    ];

    private static readonly JumpOperation[] s_comparisons =
    [
        JumpOperation.Equal, JumpOperation.NotEqual, JumpOperation.BitsSet, JumpOperation.GreaterThan, JumpOperation.GreaterOrEqual, JumpOperation.LessThan,
        JumpOperation.LessOrEqual, JumpOperation.SignedGreaterThan, JumpOperation.SignedGreaterOrEqual, JumpOperation.SignedLessThan, JumpOperation.SignedLessOrEqual,
    ];

    private static readonly MemorySize[] s_sizes = [MemorySize.Byte, MemorySize.HalfWord, MemorySize.Word, MemorySize.DoubleWord];

    // r1 is free for pointers, r6 has the context.
    private static readonly Register[] s_numbers = [R0, R2, R3, R4, R5, R7, R8, R9];

    private readonly ProgramBuilder _builder = new();
    private ulong _state;
    private int _depth;

    private AcyclicProgram(ulong seed) => _state = seed * 0x9e3779b97f4a7c15 + 1;

    /// <summary>Maps of every program.</summary>
    public static ImmutableArray<MapSpec> Maps { get; } =
    [
        new("sockets", MapType.Array, 4, 8, 5),
        new("table", MapType.Array, 4, 40, 6),
        new("short", MapType.Array, 4, 8, 3),
        new("odd", MapType.Array, 4, 6, 9),
    ];

    /// <summary>A program. The same seed always makes the same.</summary>
    public static ImmutableArray<Instruction> Make(ulong seed) => new AcyclicProgram(seed).Make();

    private ImmutableArray<Instruction> Make()
    {
        Add(Instructions.Move(R6, R1));
        foreach (Register register in s_numbers)
        {
            SetNumber(register);
        }

        for (int slot = 1; slot <= 3; slot++)
        {
            Add(Instructions.Store(MemorySize.DoubleWord, R10, (short)(-8 * slot), Number()));
        }

        Statements(1 + Next(9));
        End();
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

    private Register Number() => One(s_numbers);

    private void Add(params ReadOnlySpan<Instruction> instructions) => _builder.Add(instructions);

    private int Immediate() => Next(6) switch
    {
        0 => Next(4),
        1 => -1 - Next(3),
        2 => Next(64),
        3 => (Next(int.MaxValue) << 1) + Next(2),
        4 => int.MinValue >> Next(32),
        _ => 1 << Next(32),
    };

    private void SetNumber(Register register)
    {
        if (Chance(75))
        {
            LoadContext(register);
        }
        else
        {
            Add(Chance(50) ? Instructions.MoveImmediate(register, Immediate()) : Instructions.LoadImmediate64(register, ((ulong)(uint)Immediate() << 32) | (uint)Immediate()));
        }
    }

    private void LoadContext(Register register)
    {
        MemorySize size = Chance(80) ? One([MemorySize.Byte, MemorySize.HalfWord, MemorySize.Word]) : MemorySize.DoubleWord;
        int bytes = Bytes(size);
        int offset = Chance(90) ? Next(ContextLength / bytes) * bytes : Next(ContextLength - bytes + 1);
        Load(register, R6, offset, size);
    }

    private void Load(Register register, Register from, int offset, MemorySize size) =>
        Add(size != MemorySize.DoubleWord && Chance(20) ? Instructions.LoadSignExtend(size, register, from, (short)offset) : Instructions.Load(size, register, from, (short)offset));

    private static int Bytes(MemorySize size) => size switch { MemorySize.Byte => 1, MemorySize.HalfWord => 2, MemorySize.Word => 4, _ => 8 };

    private void Statements(int count)
    {
        for (int i = 0; i < count; i++)
        {
            Statement();
        }
    }

    private void Statement()
    {
        switch (Next(20))
        {
            case < 7:
                Arithmetic();
                break;
            case 7:
                Unary();
                break;
            case 8 or 9:
                Rotate();
                break;
            case 10:
                Scale();
                break;
            case 11 when Chance(50):
                Field();
                break;
            case 11:
                LoadContext(Number());
                break;
            case 12:
                Stack();
                break;
            case 13 when Chance(60):
                Join();
                break;
            case 13 or 14 or 15:
                If();
                break;
            case 16 or 17:
                Select();
                break;
            case 18:
                Lookup();
                break;
            default:
                Call(HelperId.GetSmpProcessorId);
                break;
        }
    }

    private void Arithmetic()
    {
        bool wide = Chance(35);
        AluOperation operation = One(s_operations);
        Register register = Number();
        bool divides = operation is AluOperation.Divide or AluOperation.Modulo;
        if (divides && wide && Chance(80))
        {
            wide = false;
        }

        Instruction made;
        if (Chance(45))
        {
            made = wide ? Instructions.Alu64(operation, register, Immediate()) : Instructions.Alu32(operation, register, Immediate());
        }
        else
        {
            Register other = Number();
            if (divides && Chance(60))
            {
                // Divisors are small, mostly, and 0 now and then.
                Add(Instructions.Alu32(AluOperation.And, other, 15));
            }

            made = wide ? Instructions.Alu64(operation, register, other) : Instructions.Alu32(operation, register, other);
        }

        Add(divides && Chance(30) ? made with { Offset = 1 } : made);
    }

    private void Unary()
    {
        Register register = Number();
        Add(Next(4) switch
        {
            0 => Chance(50) ? Instructions.Negate(register) : Instructions.Negate32(register),
            1 => One([Instructions.SwapBytes(register, 16 << Next(3)), Instructions.ToBigEndian(register, 16 << Next(3)), Instructions.ToLittleEndian(register, 16 << Next(3))]),
            2 => Instructions.MoveSignExtend(register, Number(), 8 << Next(3)),
            _ => Instructions.MoveSignExtend32(register, Number(), 8 << Next(2)),
        });
    }

    private (Register, Register) Two()
    {
        int first = Next(s_numbers.Length);
        return (s_numbers[first], s_numbers[(first + 1 + Next(s_numbers.Length - 1)) % s_numbers.Length]);
    }

    // As compilers write it, with 32-bit arithmetic and without, and now and then not quite.
    private void Rotate()
    {
        (Register register, Register copy) = Two();
        int by = 1 + Next(31);
        int back = Chance(95) ? 32 - by : Next(32);
        switch (Next(3))
        {
            case 0:
                Add(
                    Instructions.Move32(copy, register), Instructions.Alu32(AluOperation.ShiftLeft, register, by), Instructions.Alu32(AluOperation.ShiftRight, copy, back),
                    Chance(50) ? Instructions.Alu32(AluOperation.Or, register, copy) : Instructions.Alu64(AluOperation.Or, register, copy));
                break;
            case 1:
                (Register mask, Register other) = Two();
                if (mask != register && mask != copy)
                {
                    Add(
                        Instructions.LoadImmediate64(mask, Chance(95) ? uint.MaxValue << by : (uint)Immediate()), Instructions.Move(copy, register), Instructions.Alu64(AluOperation.And, copy, mask),
                        Instructions.Alu64(AluOperation.ShiftRight, copy, back), Instructions.Alu64(AluOperation.ShiftLeft, register, by), Instructions.Alu64(AluOperation.Or, register, copy));
                    Add(Chance(70) ? Instructions.Alu32(AluOperation.Xor, other, register) : Instructions.Alu64(AluOperation.Xor, other, register));
                }

                break;
            default:
                Add(
                    Instructions.Move(copy, register), Instructions.Alu64(AluOperation.ShiftLeft, copy, 32), Instructions.Alu64(AluOperation.ShiftRight, copy, 32),
                    Instructions.Alu64(AluOperation.ShiftRight, copy, back), Instructions.Alu64(AluOperation.ShiftLeft, register, by), Instructions.Alu64(AluOperation.Or, register, copy));
                break;
        }
    }

    // A point of a range by hash: the upper half of a product.
    private void Scale()
    {
        (Register register, Register other) = Two();
        Add(Instructions.Move32(register, register), Instructions.Move32(other, other));
        if (Chance(50))
        {
            Add(Instructions.Alu32(AluOperation.And, other, 15));
        }

        Add(Instructions.Alu64(AluOperation.Multiply, register, other), Instructions.Alu64(AluOperation.ShiftRight, register, 32));
    }

    // A number put together from single bytes, in either order, and now and then not quite.
    private void Field()
    {
        (Register number, Register part) = Two();
        int bytes = One([2, 4, 4, 8]);
        bool swapped = Chance(60);
        bool wide = bytes == 8 || Chance(50);
        int at = Next(ContextLength - bytes + 1);
        for (int i = 0; i < bytes; i++)
        {
            Register into = i == 0 ? number : part;
            int shift = Chance(98) ? 8 * (swapped ? bytes - 1 - i : i) : Next(32);
            Add(
                Instructions.Load(MemorySize.Byte, into, R6, (short)(at + i)),
                wide ? Instructions.Alu64(AluOperation.ShiftLeft, into, shift) : Instructions.Alu32(AluOperation.ShiftLeft, into, shift));
            if (i > 0)
            {
                Add(wide ? Instructions.Alu64(AluOperation.Or, number, part) : Instructions.Alu32(AluOperation.Or, number, part));
            }
        }

        SetNumber(part);
    }

    // An operation on what two ways hand over, perhaps as the key of a lookup or a selection; and bits set on both sides of a comparison.
    private void Join()
    {
        (Register left, Register right) = Two();
        Label other = _builder.NewLabel();
        Label join = _builder.NewLabel();
        int set = 1 << Next(31);
        int mask = Chance(90) ? Immediate() & ~set : Immediate();
        Add(Instructions.Move(left, right), Instructions.Alu64(AluOperation.And, left, mask), Instructions.Alu64(AluOperation.Or, left, set));
        _builder.JumpIf(Chance(50) ? JumpOperation.Equal : JumpOperation.NotEqual, left, Chance(90) ? set | (mask & Immediate()) : mask, other);
        LoadContext(left);
        LoadContext(right);
        _builder.Jump(join).Mark(other);
        LoadContext(left);
        LoadContext(right);
        _builder.Mark(join);
        AluOperation operation = One([AluOperation.Xor, AluOperation.Add, AluOperation.Or, AluOperation.And, AluOperation.Multiply]);
        Add(Chance(50) ? Instructions.Alu64(operation, left, right) : Instructions.Alu32(operation, left, right));
        if (Chance(80))
        {
            SetNumber(right);
        }
    }

    private void Stack()
    {
        int slot = -8 * (1 + Next(3));
        Add(Chance(50) ? Instructions.Store(MemorySize.DoubleWord, R10, (short)slot, Number()) : Instructions.Load(MemorySize.DoubleWord, Number(), R10, (short)slot));
    }

    private void If()
    {
        if (_depth > 3)
        {
            return;
        }

        _depth++;
        Label other = _builder.NewLabel();
        JumpOperation comparison = One(s_comparisons);
        Register left = Number();
        switch (Next(4))
        {
            case 0:
                _builder.JumpIf(comparison, left, Immediate(), other);
                break;
            case 1:
                _builder.JumpIf32(comparison, left, Immediate(), other);
                break;
            case 2:
                _builder.JumpIf(comparison, left, Number(), other);
                break;
            default:
                _builder.JumpIf32(comparison, left, Number(), other);
                break;
        }

        Statements(1 + Next(4));
        if (Chance(25))
        {
            End();
            _builder.Mark(other);
        }
        else if (Chance(50))
        {
            Label join = _builder.NewLabel();
            _builder.Jump(join).Mark(other);
            Statements(1 + Next(4));
            Add(Instructions.Move(R2, R2));
            _builder.Mark(join);
        }
        else
        {
            Add(Instructions.Move(R2, R2));
            _builder.Mark(other);
        }

        _depth--;
    }

    // A key on the stack, often one that is there.
    private void Key(int entries)
    {
        Register key = Number();
        if (Chance(70))
        {
            Add(Chance(50) ? Instructions.Alu32(AluOperation.Modulo, key, entries + Next(3)) : Instructions.Alu64(AluOperation.And, key, 7));
        }

        Add(Chance(90) ? Instructions.Store(MemorySize.Word, R10, -28, key) : Instructions.StoreImmediate(MemorySize.Word, R10, -28, Next(8)));
    }

    private void Call(int helper)
    {
        Add(Instructions.CallHelper(helper));
        foreach (Register register in (ReadOnlySpan<Register>)[R2, R3, R4, R5])
        {
            SetNumber(register);
        }
    }

    private void Select()
    {
        Key(Maps[Sockets].MaxEntries);
        Add(Instructions.Move(R1, R6), Instructions.LoadMap(R2, Sockets), Instructions.Move(R3, R10), Instructions.Alu64(AluOperation.Add, R3, -28), Instructions.MoveImmediate(R4, 0));
        Call(HelperId.SkSelectReuseport);
        if (Chance(30))
        {
            Label chosen = _builder.NewLabel();
            _builder.JumpIf(Chance(50) ? JumpOperation.Equal : JumpOperation.SignedGreaterOrEqual, R0, 0, chosen);
            Statements(Next(3));
            Add(Instructions.Move(R2, R2));
            _builder.Mark(chosen);
        }
    }

    private void Lookup()
    {
        int map = 1 + Next(Maps.Length - 1);
        Key(Maps[map].MaxEntries);
        Add(Instructions.LoadMap(R1, map), Instructions.Move(R2, R10), Instructions.Alu64(AluOperation.Add, R2, -28));
        Call(HelperId.MapLookupElement);
        Label miss = _builder.NewLabel();
        _builder.JumpIf(JumpOperation.Equal, R0, 0, miss);
        Add(Instructions.Move(R1, R0));
        for (int i = Next(4); i >= 0; i--)
        {
            MemorySize size = One(s_sizes);
            int fitting = Maps[map].ValueSize - Bytes(size);
            if (fitting >= 0)
            {
                int offset = Chance(85) ? Next(fitting / Bytes(size) + 1) * Bytes(size) : Next(fitting + 1);
                Load(One([R3, R4, R5, R7]), R1, offset, size);
            }
        }

        SetNumber(R0);
        _builder.Mark(miss);
        Add(Instructions.MoveImmediate(R1, 0));
    }

    // What was computed goes into the result.
    private void End()
    {
        for (int i = Next(4); i > 0; i--)
        {
            Add(Instructions.Alu64(AluOperation.Multiply, R0, 31), Chance(50) ? Instructions.Alu64(AluOperation.Xor, R0, Number()) : Instructions.Alu32(AluOperation.Xor, R0, Number()));
        }

        if (Chance(10))
        {
            Add(Instructions.MoveImmediate(R0, 1));
        }

        Add(Instructions.Exit());
    }
}
