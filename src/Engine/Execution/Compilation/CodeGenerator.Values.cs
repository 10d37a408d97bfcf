using System.Buffers.Binary;
using System.Reflection;
using System.Reflection.Emit;
using ReuseportPS.Engine.Isa;
using static ReuseportPS.Engine.Execution.Machine;

namespace ReuseportPS.Engine.Execution.Compilation;

/// <summary>This part writes values, accesses and comparisons.</summary>
internal sealed partial class CodeGenerator
{
    private LocalBuilder? _address;
    private LocalBuilder? _offset;
    private LocalBuilder? _found;
    private LocalBuilder? _old32;
    private LocalBuilder? _old64;

    private void Write(Value value)
    {
        switch (value.Kind)
        {
            case ValueKind.Load when value.IsCombined:
                break;
            case ValueKind.Load when value.IsNeeded:
                WriteLoad(value);
                break;
            case ValueKind.Store:
                Reach(value, () => StoreOperand(value.Arguments[1], value.Size));
                StoreIndirect(value.Size);
                break;
            case ValueKind.Atomic:
                WriteAtomic(value);
                break;
            case ValueKind.Call:
                WriteCall(value);
                break;
            case ValueKind.Lookup when value.IsNeeded:
                WriteLookup(value);
                break;
            case ValueKind.Select:
                WriteSelect(value);
                break;
            case ValueKind.Cpu when value.IsNeeded:
                WriteCpu(value);
                break;
            default:
                if (value.IsPure && value.NeedsLocal && value.IsNeeded && value.Kind != ValueKind.Refined && value.Same is null)
                {
                    Tree(value);
                    _il.Emit(OpCodes.Stloc, Local(value));
                }

                break;
        }
    }

    // Leaves a 64-bit number.
    private void Wide(Value value)
    {
        value = value.Root();
        if (value.IsFixed)
        {
            Number((long)value.Constant);
        }
        else if (value.Kind == ValueKind.Argument)
        {
            Argument(value);
        }
        else if (value is { Kind: ValueKind.Arithmetic, NeedsLocal: false, IsWide: false, Place: null, Max: <= uint.MaxValue } && !IsNarrow(value))
        {
            WriteArithmetic(value, asWide: true);
        }
        else
        {
            Held(value);
            if (!value.IsWide)
            {
                _il.Emit(OpCodes.Conv_U8);
            }
        }
    }

    // Leaves the lower 32 bits.
    private void Narrow(Value value)
    {
        value = value.Root();
        if (value.IsFixed)
        {
            _il.Emit(OpCodes.Ldc_I4, (int)(uint)value.Constant);
        }
        else if (value.Kind == ValueKind.Argument)
        {
            Argument(value);
            _il.Emit(OpCodes.Conv_U4);
        }
        else
        {
            Held(value);
            if (value.IsWide)
            {
                _il.Emit(OpCodes.Conv_U4);
            }
        }
    }

    // Only a single run may begin with other arguments than the context and 0.
    private void Argument(Value value)
    {
        if (_form != CodeForm.Single)
        {
            Number(value.Constant == 1 ? unchecked((long)ContextAddress) : 0L);
        }
        else
        {
            _il.Emit(value.Constant == 1 ? OpCodes.Ldarg_2 : OpCodes.Ldarg_3);
        }
    }

    private void Held(Value value)
    {
        if (value is { Kind: ValueKind.Lookup, NeedsLocal: false })
        {
            AddressFromReference(value);
        }
        else if (value.NeedsLocal || !value.IsPure)
        {
            _il.Emit(OpCodes.Ldloc, Local(value));
            if (value.IsIndex)
            {
                _il.Emit(OpCodes.Conv_U4);
            }
        }
        else
        {
            Tree(value);
        }
    }

    // Computes a pure value, in its own width.
    private void Tree(Value value)
    {
        switch (value.Kind)
        {
            case ValueKind.Arithmetic:
                WriteArithmetic(value, value.IsWide);
                return;
            case ValueKind.Negate:
                Operand(value.Arguments[0], !value.IsWide);
                _il.Emit(OpCodes.Neg);
                return;
            case ValueKind.Cut:
                Narrow(value.Arguments[0]);
                if (value.Size < 4)
                {
                    _il.Emit(value.Size == 2 ? OpCodes.Conv_U2 : OpCodes.Conv_U1);
                }

                return;
            case ValueKind.SignExtend:
                Narrow(value.Arguments[0]);
                if (value.Size < 4)
                {
                    _il.Emit(value.Size == 2 ? OpCodes.Conv_I2 : OpCodes.Conv_I1);
                }

                if (value.IsWide)
                {
                    _il.Emit(OpCodes.Conv_I8);
                }

                return;
            case ValueKind.Swap:
                Operand(value.Arguments[0], value.Size != 8);
                if (value.Size == 2)
                {
                    _il.Emit(OpCodes.Conv_U2);
                }

                Swap(value.Size);
                if (value.Size == 8 && !value.IsWide)
                {
                    _il.Emit(OpCodes.Conv_U4);
                }

                return;
            default:
                throw new InvalidOperationException($"A value of kind {value.Kind} is not computed.");
        }
    }

    private void Operand(Value value, bool narrow)
    {
        if (narrow)
        {
            Narrow(value);
        }
        else
        {
            Wide(value);
        }
    }

    // Whether arithmetic is done with the lower halves of the operands.
    internal static bool IsNarrow(Value arithmetic) => arithmetic.Is32 || (!arithmetic.IsWide && WorksInLowerHalf(arithmetic));

    private void WriteArithmetic(Value value, bool asWide)
    {
        bool narrow = IsNarrow(value);
        (Value left, Value right) = (value.Arguments[0], value.Arguments[1]);
        switch (value.Operation)
        {
            case Operation.OrImmediate64 when value.Combined is CombinedLoad load:
                WriteCombined(load);
                Convert(fromNarrow: load.Size < 8, toWide: !narrow);
                break;
            case Operation.ShiftLeftImmediate64 or Operation.ShiftRightImmediate64 or Operation.ArithmeticShiftRightImmediate64:
                WriteShift(value, narrow);
                break;
            case Operation.DivideImmediate64 or Operation.ModuloImmediate64 or Operation.SignedDivideImmediate64 or Operation.SignedModuloImmediate64:
                WriteDivision(value, narrow);
                break;
            case Operation.XorImmediate64:
                Exclusive(left, right, narrow);
                _il.Emit(OpCodes.Xor);
                break;
            default:
                Operand(left, narrow);
                Operand(right, narrow);
                _il.Emit(value.Operation switch
                {
                    Operation.AddImmediate64 => OpCodes.Add,
                    Operation.SubtractImmediate64 => OpCodes.Sub,
                    Operation.MultiplyImmediate64 => OpCodes.Mul,
                    Operation.OrImmediate64 => OpCodes.Or,
                    _ => OpCodes.And,
                });
                break;
        }

        if (!narrow && !asWide)
        {
            _il.Emit(OpCodes.Conv_U4);
        }
        else if (narrow && asWide)
        {
            _il.Emit(OpCodes.Conv_U8);
        }
    }

    // Whether the lower half of a 64-bit operation's result can be had from the lower halves of its operands.
    internal static bool WorksInLowerHalf(Value value)
    {
        (Value left, Value right) = (value.Arguments[0], value.Arguments[1]);
        return value.Operation switch
        {
            Operation.ShiftLeftImmediate64 => right.Resolve().Kind == ValueKind.Constant && (right.Resolve().Constant & 63) < 32,
            Operation.ShiftRightImmediate64 or Operation.ArithmeticShiftRightImmediate64 =>
                right.Resolve().Kind == ValueKind.Constant && (right.Resolve().Constant & 63) < 32 && FitsHalf(left),
            Operation.DivideImmediate64 or Operation.ModuloImmediate64 => FitsHalf(left) && FitsHalf(right),
            Operation.SignedDivideImmediate64 or Operation.SignedModuloImmediate64 => false,
            _ => true,
        };
    }

    internal static bool FitsHalf(Value value) => ValueAnalysis.Of(value) is { Place: null, Max: <= uint.MaxValue };

    private void WriteShift(Value value, bool narrow)
    {
        (Value left, Value right) = (value.Arguments[0], value.Arguments[1].Root());
        bool wasNarrow = narrow && !value.Is32;
        int mask = narrow && !wasNarrow ? 31 : 63;
        if (narrow && value.Operation == Operation.ShiftRightImmediate64 && right.Kind == ValueKind.Constant)
        {
            left = WithoutMask(left, (int)right.Constant & 31);
        }

        Operand(left, narrow);
        if (right.Kind == ValueKind.Constant)
        {
            _il.Emit(OpCodes.Ldc_I4, (int)right.Constant & mask);
        }
        else
        {
            Narrow(right);
            _il.Emit(OpCodes.Ldc_I4, mask);
            _il.Emit(OpCodes.And);
        }

        // Brought down to the lower half, the number has no sign.
        _il.Emit(value.Operation switch
        {
            Operation.ShiftLeftImmediate64 => OpCodes.Shl,
            Operation.ShiftRightImmediate64 => OpCodes.Shr_Un,
            _ => wasNarrow ? OpCodes.Shr_Un : OpCodes.Shr,
        });
    }

    // A mask that only takes away what the shift takes away.
    private static Value WithoutMask(Value value, int shift)
    {
        Value root = value.Root();
        return root is { Kind: ValueKind.Arithmetic, Operation: Operation.AndImmediate64, NeedsLocal: false }
            && root.Arguments[1].Resolve() is { Kind: ValueKind.Constant, Constant: ulong mask } && (uint)mask >> shift == uint.MaxValue >> shift
                ? root.Arguments[0] : value;
    }

    private void WriteDivision(Value value, bool narrow)
    {
        (Value left, Value right) = (value.Arguments[0], value.Arguments[1].Root());
        bool signed = value.Operation is Operation.SignedDivideImmediate64 or Operation.SignedModuloImmediate64;
        bool divides = value.Operation is Operation.DivideImmediate64 or Operation.SignedDivideImmediate64;
        Operand(left, narrow);
        Tested(right, narrow);
        ulong divisor = narrow ? (uint)right.Constant : right.Constant;
        if (!signed && right.Kind == ValueKind.Constant && divisor != 0)
        {
            _il.Emit(divides ? OpCodes.Div_Un : OpCodes.Rem_Un);
            return;
        }

        Type type = narrow ? typeof(uint) : typeof(ulong);
        string name = signed ? divides ? nameof(SignedDivide) : nameof(SignedModulo) : divides ? nameof(Divide) : nameof(Modulo);
        _il.Emit(OpCodes.Call, typeof(Machine).GetMethod(name, BindingFlags.NonPublic | BindingFlags.Static, [type, type])!);
    }

    private void WriteBranch(ValueBlock block)
    {
        if (WriteInterval(block))
        {
            return;
        }

        (Value left, Value right) = (block.Left!, block.Right!);
        bool narrow = block.CompareIs32;
        bool unsigned = block.Comparison is not (Operation.SignedGreaterThanImmediate64 or Operation.SignedGreaterOrEqualImmediate64
            or Operation.SignedLessThanImmediate64 or Operation.SignedLessOrEqualImmediate64);
        if (!narrow && FitsHalf(left) && FitsHalf(right))
        {
            // Neither has a sign.
            narrow = unsigned = true;
        }

        Label taken = _labels[PassThrough(block.Block, block.Block.Successors[1])];
        if (block.IsNullTest)
        {
            RowReference(left);
            _il.Emit(OpCodes.Conv_U);
            _il.Emit(block.Comparison == Operation.EqualImmediate64 ? OpCodes.Brfalse : OpCodes.Brtrue, taken);
            Continue(block.Block);
            return;
        }

        if (block.Comparison == Operation.BitsSetImmediate64)
        {
            Tested(left, narrow);
            Tested(right, narrow);
            _il.Emit(OpCodes.And);
            _il.Emit(OpCodes.Brtrue, taken);
        }
        else if (block.Comparison is Operation.EqualImmediate64 or Operation.NotEqualImmediate64 && right.Root() is { Kind: ValueKind.Constant, Constant: 0 })
        {
            Tested(left, narrow);
            _il.Emit(block.Comparison == Operation.EqualImmediate64 ? OpCodes.Brfalse : OpCodes.Brtrue, taken);
        }
        else
        {
            Tested(left, narrow);
            Tested(right, narrow);
            _il.Emit(block.Comparison switch
            {
                Operation.EqualImmediate64 => OpCodes.Beq,
                Operation.NotEqualImmediate64 => OpCodes.Bne_Un,
                Operation.GreaterThanImmediate64 => OpCodes.Bgt_Un,
                Operation.GreaterOrEqualImmediate64 => OpCodes.Bge_Un,
                Operation.LessThanImmediate64 => OpCodes.Blt_Un,
                Operation.LessOrEqualImmediate64 => OpCodes.Ble_Un,
                Operation.SignedGreaterThanImmediate64 => unsigned ? OpCodes.Bgt_Un : OpCodes.Bgt,
                Operation.SignedGreaterOrEqualImmediate64 => unsigned ? OpCodes.Bge_Un : OpCodes.Bge,
                Operation.SignedLessThanImmediate64 => unsigned ? OpCodes.Blt_Un : OpCodes.Blt,
                _ => unsigned ? OpCodes.Ble_Un : OpCodes.Ble,
            }, taken);
        }

        Continue(block.Block);
    }

    private void Continue(BasicBlock block)
    {
        BasicBlock next = block.Successors[0];
        if (next.Order != block.Order + 1)
        {
            _il.Emit(OpCodes.Br, _labels[next]);
        }
    }

    private void WriteLoad(Value load)
    {
        Reach(load, null);
        _il.Emit(OpCodes.Unaligned, (byte)1);
        bool signed = load.Operation >= Operation.LoadSigned8;
        _il.Emit((load.Size, signed) switch
        {
            (1, false) => OpCodes.Ldind_U1,
            (1, true) => OpCodes.Ldind_I1,
            (2, false) => OpCodes.Ldind_U2,
            (2, true) => OpCodes.Ldind_I2,
            (4, _) => OpCodes.Ldind_U4,
            _ => OpCodes.Ldind_I8,
        });
        if (load.Size < 8 && load.IsWide)
        {
            _il.Emit(signed ? OpCodes.Conv_I8 : OpCodes.Conv_U8);
        }
        else if (load.Size == 8 && !load.IsWide)
        {
            _il.Emit(OpCodes.Conv_U4);
        }

        _il.Emit(OpCodes.Stloc, Local(load));
        if (load.Place is { Kind: PlaceKind.Packet })
        {
            CheckPacketPointer(load);
        }
    }

    private void WriteCombined(CombinedLoad load)
    {
        Reach(load.First, null);
        _il.Emit(OpCodes.Unaligned, (byte)1);
        _il.Emit(load.Size switch { 2 => OpCodes.Ldind_U2, 4 => OpCodes.Ldind_U4, _ => OpCodes.Ldind_I8 });
        if (load.IsSwapped)
        {
            Swap(load.Size);
        }
    }

    private void Swap(int size)
    {
        Type type = size switch { 2 => typeof(ushort), 4 => typeof(uint), _ => typeof(ulong) };
        _il.Emit(OpCodes.Call, typeof(BinaryPrimitives).GetMethod(nameof(BinaryPrimitives.ReverseEndianness), [type])!);
    }

    // What analysis took to be the packet's address, or an address within, must be one.
    private void CheckPacketPointer(Value load)
    {
        Label exit = ExitTo(load.State!, load.Block);
        _il.Emit(OpCodes.Ldloc, Local(load));
        Number(unchecked((long)PacketAddress));
        if (load.High == 0)
        {
            _il.Emit(OpCodes.Bne_Un, exit);
            return;
        }

        _il.Emit(OpCodes.Sub);
        _il.Emit(OpCodes.Ldloc, _limits[(PlaceKind.Packet, 0, false)]);
        _il.Emit(OpCodes.Bge_Un, exit);
    }

    // Leaves a reference to the memory of an access, then what 'more' leaves.
    private void Reach(Value access, Action? more)
    {
        Value address = access.Arguments[0];
        Fact fact = ValueAnalysis.Of(address);
        bool writes = access.Kind != ValueKind.Load;
        switch (access.Mode)
        {
            case AccessMode.Proven:
                Reference(address);
                break;
            case AccessMode.Guarded when AccessPlanner.IsAtKnownOffset(access):
                Number(fact.Low);
                _il.Emit(OpCodes.Ldloc, _limits[(fact.Place!.Kind, access.Size, writes)]);
                _il.Emit(OpCodes.Bge_Un, ExitTo(access.State!, access.Block));
                Origin(fact.Place);
                Number(fact.Low);
                _il.Emit(OpCodes.Conv_I);
                _il.Emit(OpCodes.Add);
                break;
            case AccessMode.Guarded:
                _offset ??= _il.DeclareLocal(typeof(ulong));
                Wide(address);
                Number((long)fact.Place!.Start);
                _il.Emit(OpCodes.Sub);
                _il.Emit(OpCodes.Stloc, _offset);
                _il.Emit(OpCodes.Ldloc, _offset);
                _il.Emit(OpCodes.Ldloc, _limits[(fact.Place.Kind, access.Size, writes)]);
                _il.Emit(OpCodes.Bge_Un, ExitTo(access.State!, access.Block));
                Origin(fact.Place);
                _il.Emit(OpCodes.Ldloc, _offset);
                _il.Emit(OpCodes.Conv_I);
                _il.Emit(OpCodes.Add);
                break;
            default:
                _found ??= _il.DeclareLocal(typeof(byte).MakeByRefType());
                Machine();
                Wide(address);
                _il.Emit(OpCodes.Ldc_I4, access.Size);
                _il.Emit(writes ? OpCodes.Ldc_I4_1 : OpCodes.Ldc_I4_0);
                _il.Emit(OpCodes.Ldc_I4, access.Block.Function.Depth);
                _il.Emit(_prepared.Plan.Slots.Count == 0 ? OpCodes.Ldc_I4_1 : OpCodes.Ldc_I4_0);
                _il.Emit(OpCodes.Call, Members.Search);
                _il.Emit(OpCodes.Stloc, _found);
                _il.Emit(OpCodes.Ldloc, _found);
                _il.Emit(OpCodes.Conv_U);
                _il.Emit(OpCodes.Brfalse, ExitTo(access.State!, access.Block));
                _il.Emit(OpCodes.Ldloc, _found);
                break;
        }

        more?.Invoke();
    }

    // Leaves a reference to the first byte of a place.
    private void Origin(Place place)
    {
        if (place.Kind == PlaceKind.Value)
        {
            MapBytes(place.Map);
            return;
        }

        _il.Emit(OpCodes.Ldloc, Base(place.Kind));
        if (place.Kind == PlaceKind.Stack && place.Function!.Depth > 0)
        {
            _il.Emit(OpCodes.Ldc_I4, place.Function.Depth * StackSize);
            _il.Emit(OpCodes.Add);
        }
    }

    // Leaves a reference to where a pointer points, which is known to be in its place.
    private void Reference(Value pointer)
    {
        Fact fact = ValueAnalysis.Of(pointer);
        if (fact.Place!.Kind == PlaceKind.Row)
        {
            RowReference(pointer);
            return;
        }

        if (fact.Low == fact.High)
        {
            Origin(fact.Place!);
            if (fact.Low != 0)
            {
                _il.Emit(OpCodes.Ldc_I4, (int)fact.Low);
                _il.Emit(OpCodes.Add);
            }

            return;
        }

        Origin(fact.Place!);
        Wide(pointer);
        Number((long)fact.Place!.Start);
        _il.Emit(OpCodes.Sub);
        _il.Emit(OpCodes.Conv_I);
        _il.Emit(OpCodes.Add);
    }

    private void StoreOperand(Value value, int size) => Operand(value, size < 8);

    private void StoreIndirect(int size)
    {
        _il.Emit(OpCodes.Unaligned, (byte)1);
        _il.Emit(size switch { 1 => OpCodes.Stind_I1, 2 => OpCodes.Stind_I2, 4 => OpCodes.Stind_I4, _ => OpCodes.Stind_I8 });
    }

    private void WriteAtomic(Value atomic)
    {
        AtomicOperation operation = (AtomicOperation)atomic.Constant;
        bool narrow = atomic.Size == 4;
        LocalBuilder old = narrow ? _old32 ??= _il.DeclareLocal(typeof(uint)) : _old64 ??= _il.DeclareLocal(typeof(ulong));
        _found ??= _il.DeclareLocal(typeof(byte).MakeByRefType());
        Reach(atomic, null);
        _il.Emit(OpCodes.Stloc, _found);
        _il.Emit(OpCodes.Ldloc, _found);
        _il.Emit(OpCodes.Unaligned, (byte)1);
        _il.Emit(narrow ? OpCodes.Ldind_U4 : OpCodes.Ldind_I8);
        _il.Emit(OpCodes.Stloc, old);
        if (operation == AtomicOperation.CompareExchange)
        {
            Label unequal = _il.DefineLabel();
            _il.Emit(OpCodes.Ldloc, old);
            Operand(atomic.Arguments[2], narrow);
            _il.Emit(OpCodes.Bne_Un, unequal);
            _il.Emit(OpCodes.Ldloc, _found);
            Operand(atomic.Arguments[1], narrow);
            StoreIndirect(atomic.Size);
            _il.MarkLabel(unequal);
        }
        else
        {
            _il.Emit(OpCodes.Ldloc, _found);
            if (operation != AtomicOperation.Exchange)
            {
                _il.Emit(OpCodes.Ldloc, old);
            }

            Operand(atomic.Arguments[1], narrow);
            switch (operation)
            {
                case AtomicOperation.Add or AtomicOperation.FetchAdd:
                    _il.Emit(OpCodes.Add);
                    break;
                case AtomicOperation.Or or AtomicOperation.FetchOr:
                    _il.Emit(OpCodes.Or);
                    break;
                case AtomicOperation.And or AtomicOperation.FetchAnd:
                    _il.Emit(OpCodes.And);
                    break;
                case AtomicOperation.Xor or AtomicOperation.FetchXor:
                    _il.Emit(OpCodes.Xor);
                    break;
            }

            StoreIndirect(atomic.Size);
        }

        if (atomic.NeedsLocal)
        {
            _il.Emit(OpCodes.Ldloc, old);
            Convert(narrow, atomic.IsWide);
            _il.Emit(OpCodes.Stloc, Local(atomic));
        }
    }

    private void Convert(bool fromNarrow, bool toWide)
    {
        if (fromNarrow && toWide)
        {
            _il.Emit(OpCodes.Conv_U8);
        }
        else if (!fromNarrow && !toWide)
        {
            _il.Emit(OpCodes.Conv_U4);
        }
    }

    private void WriteCall(Value call)
    {
        Machine();
        _il.Emit(OpCodes.Ldc_I4, (int)call.Constant);
        _il.Emit(call.Operation == Operation.CallHelper ? OpCodes.Ldc_I4_0 : OpCodes.Ldc_I4_1);
        _il.Emit(OpCodes.Ldc_I4, call.Block.Function.Depth);
        Left(call.Block, call.At + 1);
        for (int i = 0; i < 5; i++)
        {
            if (i < call.Arguments.Length)
            {
                Wide(call.Arguments[i]);
            }
            else
            {
                Number(0L);
            }
        }

        _il.Emit(OpCodes.Call, Members.CallHelper);
        Convert(fromNarrow: false, call.IsWide);
        if (call.NeedsLocal)
        {
            _il.Emit(OpCodes.Stloc, Local(call));
        }
        else
        {
            _il.Emit(OpCodes.Pop);
        }

        Label failed = _il.DefineLabel();
        Machine(Members.Failure);
        _il.Emit(OpCodes.Brtrue, failed);
        _cold.Add(() =>
        {
            _il.MarkLabel(failed);
            WriteFailure(call);
        });
        if (_prepared.HasFunctionPointers)
        {
            WriteSpent(call);
        }
    }

    // A helper that called functions of the program spent of its budget.
    private void WriteSpent(Value call)
    {
        Machine(Members.Left);
        Machine(Members.Budget);
        _il.Emit(OpCodes.Sub);
        Number((long)(call.Block.Before + call.At + 1 - call.Block.First));
        _il.Emit(OpCodes.Add);
        _il.Emit(OpCodes.Stloc, _left);
        Left(call.Block, call.At + 1);
        _il.Emit(OpCodes.Ldloc, _least!);
        _il.Emit(OpCodes.Blt, ExitTo(call.After!, call.Block));
    }
}
