using System.Reflection.Emit;
using System.Runtime.Intrinsics.X86;
using static ReuseportPS.Engine.Execution.Machine;

namespace ReuseportPS.Engine.Execution.Compilation.Lanes;

/// <summary>This part writes values and comparisons. 32-bit values are a vector; 64-bit values are two, of the lower half of the lanes and of the upper.</summary>
internal sealed partial class LaneGenerator
{
    private readonly Dictionary<Value, (LocalBuilder First, LocalBuilder? Second)> _values = new(ReferenceEqualityComparer.Instance);

    // What of a value is on the stack.
    private enum Part
    {
        // The lower 32 bits, in all lanes.
        Whole,

        // 64 bits, in the lower half of the lanes.
        Lower,

        // 64 bits, in the upper half of the lanes.
        Upper,
    }

    private static bool IsSigned(Operation operation) => operation is Operation.SignedGreaterThanImmediate64 or Operation.SignedGreaterOrEqualImmediate64
        or Operation.SignedLessThanImmediate64 or Operation.SignedLessOrEqualImmediate64;

    private Type Vector(Part part) => part == Part.Whole ? _words : _doubles;

    private Type Signed(Part part) => _vectors.Of(part == Part.Whole ? typeof(int) : typeof(long));

    private void Push(Value value, Part part)
    {
        value = value.Root();
        if (value.IsFixed)
        {
            PushNumber(value.Constant, part);
            return;
        }

        if (value.Kind == ValueKind.Argument)
        {
            PushNumber(value.Constant == 1 ? ContextAddress : 0, part);
            return;
        }

        (LocalBuilder first, LocalBuilder? second) = _values[value];
        _il.Emit(OpCodes.Ldloc, part == Part.Upper && second is not null ? second : first);
        if (part == Part.Whole && second is not null)
        {
            _il.Emit(OpCodes.Ldloc, second);
            Call("Narrow", _doubles, _doubles);
        }
        else if (part != Part.Whole && second is null)
        {
            Call(part == Part.Lower ? "WidenLower" : "WidenUpper", _words);
        }
    }

    private void PushNumber(ulong number, Part part)
    {
        if (part == Part.Whole)
        {
            _il.Emit(OpCodes.Ldc_I4, (int)(uint)number);
            Call("Create", typeof(uint));
        }
        else
        {
            _il.Emit(OpCodes.Ldc_I8, (long)number);
            Call("Create", typeof(ulong));
        }
    }

    private void PushMask(LocalBuilder mask, Part part)
    {
        _il.Emit(OpCodes.Ldloc, mask);
        SignExtend(part);
    }

    // What is on the stack as signed 32 bits, to the part.
    private void SignExtend(Part part)
    {
        if (part != Part.Whole)
        {
            Call("AsInt32", _words);
            Call(part == Part.Lower ? "WidenLower" : "WidenUpper", Signed(Part.Whole));
            Call("AsUInt64", Signed(Part.Lower));
        }
    }

    // Computes a value, in 32 bits or in 64, and keeps what is wanted of it.
    private void Set(Value value, bool narrow, Action<Part> write)
    {
        if (narrow)
        {
            write(Part.Whole);
            _values[value] = (Keep(_words), null);
            return;
        }

        write(Part.Lower);
        write(Part.Upper);
        if (value.IsWide)
        {
            LocalBuilder second = Keep(_doubles);
            _values[value] = (Keep(_doubles), second);
        }
        else
        {
            Call("Narrow", _doubles, _doubles);
            _values[value] = (Keep(_words), null);
        }
    }

    private LocalBuilder Keep(Type type)
    {
        LocalBuilder local = _il.DeclareLocal(type);
        _il.Emit(OpCodes.Stloc, local);
        return local;
    }

    private void Write(Value value)
    {
        switch (value.Kind)
        {
            case ValueKind.Arithmetic when _plan.Rotations.TryGetValue(value, out (Value Of, int By) rotation):
                Set(value, true, _ => Rotate(rotation.Of, rotation.By));
                break;
            case ValueKind.Arithmetic:
                Set(value, CodeGenerator.IsNarrow(value), part => WriteArithmetic(value, part));
                break;
            case ValueKind.Negate:
                Set(value, !value.IsWide, part =>
                {
                    Push(value.Arguments[0], part);
                    Call("Negate", Vector(part));
                });
                break;
            case ValueKind.Cut:
                Set(value, true, part =>
                {
                    Push(value.Arguments[0], part);
                    Mask(value.Size);
                });
                break;
            case ValueKind.SignExtend:
                Set(value, !value.IsWide, part =>
                {
                    Push(value.Arguments[0], Part.Whole);
                    ExtendSign(0, value.Size);
                    SignExtend(part);
                });
                break;
            case ValueKind.Swap:
                Set(value, value.Size != 8, part => WriteSwap(value, part));
                break;
            case ValueKind.Load:
                WriteLoad(value);
                break;
            case ValueKind.Lookup:
                WriteLookup(value);
                break;
            case ValueKind.Select:
                WriteSelect(value);
                break;
            case ValueKind.Cpu:
                Set(value, true, _ =>
                {
                    CallMachine(Members.CurrentCpu);
                    Call("Create", typeof(uint));
                });
                break;
            default:
                throw new InvalidOperationException($"A value of kind {value.Kind} is not computed in lanes.");
        }
    }

    private void WritePhi(Value phi) => Set(phi, !phi.IsWide, part =>
    {
        Push(phi.Arguments[0], part);
        for (int i = 1; i < phi.Arguments.Length; i++)
        {
            LocalBuilder others = Keep(Vector(part));
            PushMask(MaskOf(phi.Block.Predecessors[i])!, part);
            Push(phi.Arguments[i], part);
            _il.Emit(OpCodes.Ldloc, others);
            Call("ConditionalSelect", Vector(part), Vector(part), Vector(part));
        }
    });

    private void Rotate(Value value, int by)
    {
        Push(value, Part.Whole);
        if (_plan.Lanes == Lanes512.Count)
        {
            _il.Emit(OpCodes.Ldc_I4, by);
            _il.Emit(OpCodes.Call, typeof(Avx512F).GetMethod(nameof(Avx512F.RotateLeft), [_words, typeof(byte)])!);
            return;
        }

        _il.Emit(OpCodes.Ldc_I4, by);
        Call("ShiftLeft", _words, typeof(int));
        Push(value, Part.Whole);
        _il.Emit(OpCodes.Ldc_I4, 32 - by);
        Call("ShiftRightLogical", _words, typeof(int));
        Call("BitwiseOr", _words, _words);
    }

    private void WriteArithmetic(Value value, Part part)
    {
        (Value left, Value right) = (value.Arguments[0], value.Arguments[1].Root());
        Type vector = Vector(part);
        switch (value.Operation)
        {
            case Operation.ShiftLeftImmediate64 or Operation.ShiftRightImmediate64 or Operation.ArithmeticShiftRightImmediate64:
                WriteShift(value, part);
                return;
            case Operation.DivideImmediate64 or Operation.SignedDivideImmediate64:
                Divide(value);
                return;
            case Operation.ModuloImmediate64 or Operation.SignedModuloImmediate64:
                // The quotient of a division by 0 is 0, and all is left.
                Push(left, Part.Whole);
                Divide(value);
                Push(right, Part.Whole);
                Call("Multiply", _words, _words);
                Call("Subtract", _words, _words);
                return;
            default:
                Push(left, part);
                Push(right, part);
                Call(
                    value.Operation switch
                    {
                        Operation.AddImmediate64 => "Add",
                        Operation.SubtractImmediate64 => "Subtract",
                        Operation.MultiplyImmediate64 => "Multiply",
                        Operation.OrImmediate64 => "BitwiseOr",
                        Operation.AndImmediate64 => "BitwiseAnd",
                        _ => "Xor",
                    },
                    vector,
                    vector);
                return;
        }
    }

    private void Divide(Value value)
    {
        Push(value.Arguments[0], Part.Whole);
        Push(value.Arguments[1], Part.Whole);
        CallOwn(value.Operation is Operation.SignedDivideImmediate64 or Operation.SignedModuloImmediate64 ? nameof(Lanes512.SignedDivide) : nameof(Lanes512.Divide));
    }

    private void WriteShift(Value value, Part part)
    {
        Value right = value.Arguments[1].Root();
        int mask = value.Is32 ? 31 : 63;

        // A number that fits the lower half has no sign.
        bool signed = value.Operation == Operation.ArithmeticShiftRightImmediate64 && (value.Is32 || part != Part.Whole);
        Push(value.Arguments[0], part);
        if (right.Kind == ValueKind.Constant)
        {
            int by = (int)right.Constant & mask;
            if (value.Operation == Operation.ShiftLeftImmediate64)
            {
                Shift("ShiftLeft", Vector(part), by);
            }
            else if (signed)
            {
                ArithmeticShift(part, by);
            }
            else
            {
                Shift("ShiftRightLogical", Vector(part), by);
            }

            return;
        }

        Push(right, part);
        PushNumber((ulong)mask, part);
        Call("BitwiseAnd", Vector(part), Vector(part));
        CallOwn(
            value.Operation == Operation.ShiftLeftImmediate64 ? nameof(Lanes512.ShiftLeft) : signed ? nameof(Lanes512.ArithmeticShiftRight) : nameof(Lanes512.ShiftRight),
            Vector(part));
    }

    private void Shift(string name, Type vector, int by)
    {
        if (by != 0)
        {
            _il.Emit(OpCodes.Ldc_I4, by);
            Call(name, vector, typeof(int));
        }
    }

    private void ArithmeticShift(Part part, int by)
    {
        Call(part == Part.Whole ? "AsInt32" : "AsInt64", Vector(part));
        Shift("ShiftRightArithmetic", Signed(part), by);
        Call(part == Part.Whole ? "AsUInt32" : "AsUInt64", Signed(part));
    }

    // The lowest bytes of a word on the stack.
    private void Mask(int size)
    {
        if (size < 4)
        {
            PushNumber(uint.MaxValue >> (32 - size * 8), Part.Whole);
            Call("BitwiseAnd", _words, _words);
        }
    }

    // Bytes of a word on the stack, with their sign.
    private void ExtendSign(int first, int size)
    {
        Shift("ShiftLeft", _words, 32 - (first + size) * 8);
        ArithmeticShift(Part.Whole, 32 - size * 8);
    }

    private void WriteSwap(Value value, Part part)
    {
        Push(value.Arguments[0], part);
        CallOwn(nameof(Lanes512.Swap), Vector(part));
        if (value.Size == 2)
        {
            Shift("ShiftRightLogical", _words, 16);
        }
    }

    // Leaves a mask of the lanes for which the comparison holds.
    private void Compare(ValueBlock block)
    {
        (Value left, Value right) = (block.Left!, block.Right!);
        if (block.IsNullTest && left.Root().Kind == ValueKind.Lookup)
        {
            _il.Emit(OpCodes.Ldloc, _rows[left.Root()].Found);
            if (block.Comparison == Operation.EqualImmediate64)
            {
                Call("OnesComplement", _words);
            }

            return;
        }

        bool fits = CodeGenerator.FitsHalf(left) && CodeGenerator.FitsHalf(right);
        if (block.CompareIs32 || fits)
        {
            Compare(block, Part.Whole, isSigned: block.CompareIs32 && IsSigned(block.Comparison));
            return;
        }

        Compare(block, Part.Lower, IsSigned(block.Comparison));
        Compare(block, Part.Upper, IsSigned(block.Comparison));
        Call("Narrow", _doubles, _doubles);
    }

    private void Compare(ValueBlock block, Part part, bool isSigned)
    {
        Type vector = isSigned ? Signed(part) : Vector(part);
        Operand(block.Left!);
        Operand(block.Right!);
        switch (block.Comparison)
        {
            case Operation.EqualImmediate64:
                Call("Equals", vector, vector);
                break;
            case Operation.NotEqualImmediate64:
                Call("Equals", vector, vector);
                Call("OnesComplement", vector);
                break;
            case Operation.BitsSetImmediate64:
                Call("BitwiseAnd", vector, vector);
                PushNumber(0, part);
                Call("Equals", vector, vector);
                Call("OnesComplement", vector);
                break;
            default:
                Call(
                    block.Comparison switch
                    {
                        Operation.GreaterThanImmediate64 or Operation.SignedGreaterThanImmediate64 => "GreaterThan",
                        Operation.GreaterOrEqualImmediate64 or Operation.SignedGreaterOrEqualImmediate64 => "GreaterThanOrEqual",
                        Operation.LessThanImmediate64 or Operation.SignedLessThanImmediate64 => "LessThan",
                        _ => "LessThanOrEqual",
                    },
                    vector,
                    vector);
                break;
        }

        if (isSigned)
        {
            Call(part == Part.Whole ? "AsUInt32" : "AsUInt64", vector);
        }

        void Operand(Value value)
        {
            Push(value, part);
            if (isSigned)
            {
                Call(part == Part.Whole ? "AsInt32" : "AsInt64", Vector(part));
            }
        }
    }
}
