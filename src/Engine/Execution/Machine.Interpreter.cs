using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ReuseportPS.Engine.Helpers;
using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Maps;

namespace ReuseportPS.Engine.Execution;

public sealed partial class Machine
{
    internal const int CancellationInterval = 65536;

    // A decoded instruction has 16 bytes.
    private const int InstructionShift = 4;

    private RunResult Interpret(int next, int floor)
    {
        if (_left < _nextLook)
        {
            LookAtCancellation();
        }

        return _recorder is not null ? Interpret<TracingMode>(next, floor)
            : _left <= 2L * _program!.Code.Length ? Interpret<CountingMode>(next, floor)
            : Interpret<FastMode>(next, floor);
    }

    private void LookAtCancellation()
    {
        _cancellation.ThrowIfCancellationRequested();
        _nextLook = _left - CancellationInterval;
    }

    // One switch over decoded instructions, and nothing between it and the next instruction: every access checked, nothing allocated.
    // Runs from an instruction until the function of frame 'floor' exits. Beforehand the registers, the program and what is left of the budget are set.
    // The mode is known when this is compiled, so that what a mode does not need is not there at all.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private RunResult Interpret<TMode>(int next, int floor)
        where TMode : struct, IInterpreterMode
    {
        // Registers are reached without a check: a decoded instruction names none beyond 15. So are instructions: a program is only loaded when all jumps
        // lead to instructions of it, and the last one leads away.
        ref ulong r = ref Unsafe.As<Registers, ulong>(ref _registers);
        LoadedProgram program = _program!;
        ref DecodedInstruction code = ref CodeOf<TMode>(program);
        ref DecodedInstruction op = ref Unsafe.Add(ref code, next);
        MemoryRegion[] regions = _regions;
        ref byte frameTop = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_stack), (_depth + 1) * StackSize);

        // Instructions are counted where they do not follow each other: at index i there are limit - i left of this slice of the budget, and saved ones
        // after it. While limit is not below twice the program, more is left than the longest way without a jump taken, so only jumps look.
        long threshold = TMode.CountsEach ? long.MinValue : 2L * program.Code.Length;
        long limit = Math.Min(_left, TMode.CountsEach ? long.MaxValue : CancellationInterval + threshold);
        long saved = _left - limit;
        limit += next;
        while (true)
        {
            if (TMode.CountsEach)
            {
                int at = IndexOf(ref code, ref op);
                if (limit - at <= 0)
                {
                    return FaultAt(program, at, 0, FaultKind.BudgetExceeded, null, $"more than {_budget} instructions");
                }

                if (TMode.Traces)
                {
                    _recorder!.Begin(this, program, at, _depth);
                }
            }

            ref byte memory = ref Unsafe.NullRef<byte>();
            switch (op.Operation)
            {
                case Operation.AddImmediate64:
                    To(ref r, op) += (ulong)op.Immediate;
                    break;
                case Operation.AddRegister64:
                    To(ref r, op) += From(ref r, op);
                    break;
                case Operation.AddImmediate32:
                    To(ref r, op) = (uint)To(ref r, op) + (uint)op.Immediate;
                    break;
                case Operation.AddRegister32:
                    To(ref r, op) = (uint)To(ref r, op) + (uint)From(ref r, op);
                    break;
                case Operation.SubtractImmediate64:
                    To(ref r, op) -= (ulong)op.Immediate;
                    break;
                case Operation.SubtractRegister64:
                    To(ref r, op) -= From(ref r, op);
                    break;
                case Operation.SubtractImmediate32:
                    To(ref r, op) = (uint)To(ref r, op) - (uint)op.Immediate;
                    break;
                case Operation.SubtractRegister32:
                    To(ref r, op) = (uint)To(ref r, op) - (uint)From(ref r, op);
                    break;
                case Operation.MultiplyImmediate64:
                    To(ref r, op) *= (ulong)op.Immediate;
                    break;
                case Operation.MultiplyRegister64:
                    To(ref r, op) *= From(ref r, op);
                    break;
                case Operation.MultiplyImmediate32:
                    To(ref r, op) = (uint)To(ref r, op) * (uint)op.Immediate;
                    break;
                case Operation.MultiplyRegister32:
                    To(ref r, op) = (uint)To(ref r, op) * (uint)From(ref r, op);
                    break;
                case Operation.OrImmediate64:
                    To(ref r, op) |= (ulong)op.Immediate;
                    break;
                case Operation.OrRegister64:
                    To(ref r, op) |= From(ref r, op);
                    break;
                case Operation.OrImmediate32:
                    To(ref r, op) = (uint)To(ref r, op) | (uint)op.Immediate;
                    break;
                case Operation.OrRegister32:
                    To(ref r, op) = (uint)To(ref r, op) | (uint)From(ref r, op);
                    break;
                case Operation.AndImmediate64:
                    To(ref r, op) &= (ulong)op.Immediate;
                    break;
                case Operation.AndRegister64:
                    To(ref r, op) &= From(ref r, op);
                    break;
                case Operation.AndImmediate32:
                    To(ref r, op) = (uint)To(ref r, op) & (uint)op.Immediate;
                    break;
                case Operation.AndRegister32:
                    To(ref r, op) = (uint)To(ref r, op) & (uint)From(ref r, op);
                    break;
                case Operation.XorImmediate64:
                    To(ref r, op) ^= (ulong)op.Immediate;
                    break;
                case Operation.XorRegister64:
                    To(ref r, op) ^= From(ref r, op);
                    break;
                case Operation.XorImmediate32:
                    To(ref r, op) = (uint)To(ref r, op) ^ (uint)op.Immediate;
                    break;
                case Operation.XorRegister32:
                    To(ref r, op) = (uint)To(ref r, op) ^ (uint)From(ref r, op);
                    break;
                case Operation.DivideImmediate64:
                    To(ref r, op) = Divide(To(ref r, op), (ulong)op.Immediate);
                    break;
                case Operation.DivideRegister64:
                    To(ref r, op) = Divide(To(ref r, op), From(ref r, op));
                    break;
                case Operation.DivideImmediate32:
                    To(ref r, op) = Divide((uint)To(ref r, op), (uint)op.Immediate);
                    break;
                case Operation.DivideRegister32:
                    To(ref r, op) = Divide((uint)To(ref r, op), (uint)From(ref r, op));
                    break;
                case Operation.SignedDivideImmediate64:
                    To(ref r, op) = SignedDivide(To(ref r, op), (ulong)op.Immediate);
                    break;
                case Operation.SignedDivideRegister64:
                    To(ref r, op) = SignedDivide(To(ref r, op), From(ref r, op));
                    break;
                case Operation.SignedDivideImmediate32:
                    To(ref r, op) = SignedDivide((uint)To(ref r, op), (uint)op.Immediate);
                    break;
                case Operation.SignedDivideRegister32:
                    To(ref r, op) = SignedDivide((uint)To(ref r, op), (uint)From(ref r, op));
                    break;
                case Operation.ModuloImmediate64:
                    To(ref r, op) = Modulo(To(ref r, op), (ulong)op.Immediate);
                    break;
                case Operation.ModuloRegister64:
                    To(ref r, op) = Modulo(To(ref r, op), From(ref r, op));
                    break;
                case Operation.ModuloImmediate32:
                    To(ref r, op) = Modulo((uint)To(ref r, op), (uint)op.Immediate);
                    break;
                case Operation.ModuloRegister32:
                    To(ref r, op) = Modulo((uint)To(ref r, op), (uint)From(ref r, op));
                    break;
                case Operation.SignedModuloImmediate64:
                    To(ref r, op) = SignedModulo(To(ref r, op), (ulong)op.Immediate);
                    break;
                case Operation.SignedModuloRegister64:
                    To(ref r, op) = SignedModulo(To(ref r, op), From(ref r, op));
                    break;
                case Operation.SignedModuloImmediate32:
                    To(ref r, op) = SignedModulo((uint)To(ref r, op), (uint)op.Immediate);
                    break;
                case Operation.SignedModuloRegister32:
                    To(ref r, op) = SignedModulo((uint)To(ref r, op), (uint)From(ref r, op));
                    break;
                case Operation.ShiftLeftImmediate64:
                    To(ref r, op) <<= (int)op.Immediate;
                    break;
                case Operation.ShiftLeftRegister64:
                    To(ref r, op) <<= (int)From(ref r, op);
                    break;
                case Operation.ShiftLeftImmediate32:
                    To(ref r, op) = (uint)To(ref r, op) << (int)op.Immediate;
                    break;
                case Operation.ShiftLeftRegister32:
                    To(ref r, op) = (uint)To(ref r, op) << (int)From(ref r, op);
                    break;
                case Operation.ShiftRightImmediate64:
                    To(ref r, op) >>= (int)op.Immediate;
                    break;
                case Operation.ShiftRightRegister64:
                    To(ref r, op) >>= (int)From(ref r, op);
                    break;
                case Operation.ShiftRightImmediate32:
                    To(ref r, op) = (uint)To(ref r, op) >> (int)op.Immediate;
                    break;
                case Operation.ShiftRightRegister32:
                    To(ref r, op) = (uint)To(ref r, op) >> (int)From(ref r, op);
                    break;
                case Operation.ArithmeticShiftRightImmediate64:
                    To(ref r, op) = (ulong)((long)To(ref r, op) >> (int)op.Immediate);
                    break;
                case Operation.ArithmeticShiftRightRegister64:
                    To(ref r, op) = (ulong)((long)To(ref r, op) >> (int)From(ref r, op));
                    break;
                case Operation.ArithmeticShiftRightImmediate32:
                    To(ref r, op) = (uint)((int)To(ref r, op) >> (int)op.Immediate);
                    break;
                case Operation.ArithmeticShiftRightRegister32:
                    To(ref r, op) = (uint)((int)To(ref r, op) >> (int)From(ref r, op));
                    break;
                case Operation.MoveImmediate64:
                    To(ref r, op) = (ulong)op.Immediate;
                    break;
                case Operation.MoveRegister64:
                    To(ref r, op) = From(ref r, op);
                    break;
                case Operation.MoveImmediate32:
                    To(ref r, op) = (ulong)op.Immediate;
                    break;
                case Operation.MoveRegister32:
                    To(ref r, op) = (uint)From(ref r, op);
                    break;
                case Operation.Negate64:
                    To(ref r, op) = 0 - To(ref r, op);
                    break;
                case Operation.Negate32:
                    To(ref r, op) = 0 - (uint)To(ref r, op);
                    break;
                case Operation.SignExtend8To64:
                    To(ref r, op) = (ulong)(sbyte)From(ref r, op);
                    break;
                case Operation.SignExtend16To64:
                    To(ref r, op) = (ulong)(short)From(ref r, op);
                    break;
                case Operation.SignExtend32To64:
                    To(ref r, op) = (ulong)(int)From(ref r, op);
                    break;
                case Operation.SignExtend8To32:
                    To(ref r, op) = (uint)(sbyte)From(ref r, op);
                    break;
                case Operation.SignExtend16To32:
                    To(ref r, op) = (uint)(short)From(ref r, op);
                    break;
                case Operation.Swap16:
                    To(ref r, op) = BinaryPrimitives.ReverseEndianness((ushort)To(ref r, op));
                    break;
                case Operation.Swap32:
                    To(ref r, op) = BinaryPrimitives.ReverseEndianness((uint)To(ref r, op));
                    break;
                case Operation.Swap64:
                    To(ref r, op) = BinaryPrimitives.ReverseEndianness(To(ref r, op));
                    break;
                case Operation.Cut16:
                    To(ref r, op) = (ushort)To(ref r, op);
                    break;
                case Operation.Cut32:
                    To(ref r, op) = (uint)To(ref r, op);
                    break;
                case Operation.Nothing:
                    break;
                case Operation.LoadValue:
                    To(ref r, op) = (ulong)op.Immediate;
                    break;
                case Operation.LoadMap:
                    To(ref r, op) = MapAddress(_firstMap + (uint)(op.Immediate >> 32));
                    break;
                case Operation.LoadMapValue:
                    To(ref r, op) = ((ulong)(FirstMap + _firstMap + (uint)(op.Immediate >> 32)) << 32) | (uint)op.Immediate;
                    break;
                case Operation.Jump:
                    goto taken;
                case Operation.EqualImmediate64:
                    if (To(ref r, op) == (ulong)op.Immediate)
                    {
                        goto taken;
                    }

                    break;
                case Operation.EqualRegister64:
                    if (To(ref r, op) == From(ref r, op))
                    {
                        goto taken;
                    }

                    break;
                case Operation.EqualImmediate32:
                    if ((uint)To(ref r, op) == (uint)op.Immediate)
                    {
                        goto taken;
                    }

                    break;
                case Operation.EqualRegister32:
                    if ((uint)To(ref r, op) == (uint)From(ref r, op))
                    {
                        goto taken;
                    }

                    break;
                case Operation.NotEqualImmediate64:
                    if (To(ref r, op) != (ulong)op.Immediate)
                    {
                        goto taken;
                    }

                    break;
                case Operation.NotEqualRegister64:
                    if (To(ref r, op) != From(ref r, op))
                    {
                        goto taken;
                    }

                    break;
                case Operation.NotEqualImmediate32:
                    if ((uint)To(ref r, op) != (uint)op.Immediate)
                    {
                        goto taken;
                    }

                    break;
                case Operation.NotEqualRegister32:
                    if ((uint)To(ref r, op) != (uint)From(ref r, op))
                    {
                        goto taken;
                    }

                    break;
                case Operation.BitsSetImmediate64:
                    if ((To(ref r, op) & (ulong)op.Immediate) != 0)
                    {
                        goto taken;
                    }

                    break;
                case Operation.BitsSetRegister64:
                    if ((To(ref r, op) & From(ref r, op)) != 0)
                    {
                        goto taken;
                    }

                    break;
                case Operation.BitsSetImmediate32:
                    if (((uint)To(ref r, op) & (uint)op.Immediate) != 0)
                    {
                        goto taken;
                    }

                    break;
                case Operation.BitsSetRegister32:
                    if (((uint)To(ref r, op) & (uint)From(ref r, op)) != 0)
                    {
                        goto taken;
                    }

                    break;
                case Operation.GreaterThanImmediate64:
                    if (To(ref r, op) > (ulong)op.Immediate)
                    {
                        goto taken;
                    }

                    break;
                case Operation.GreaterThanRegister64:
                    if (To(ref r, op) > From(ref r, op))
                    {
                        goto taken;
                    }

                    break;
                case Operation.GreaterThanImmediate32:
                    if ((uint)To(ref r, op) > (uint)op.Immediate)
                    {
                        goto taken;
                    }

                    break;
                case Operation.GreaterThanRegister32:
                    if ((uint)To(ref r, op) > (uint)From(ref r, op))
                    {
                        goto taken;
                    }

                    break;
                case Operation.GreaterOrEqualImmediate64:
                    if (To(ref r, op) >= (ulong)op.Immediate)
                    {
                        goto taken;
                    }

                    break;
                case Operation.GreaterOrEqualRegister64:
                    if (To(ref r, op) >= From(ref r, op))
                    {
                        goto taken;
                    }

                    break;
                case Operation.GreaterOrEqualImmediate32:
                    if ((uint)To(ref r, op) >= (uint)op.Immediate)
                    {
                        goto taken;
                    }

                    break;
                case Operation.GreaterOrEqualRegister32:
                    if ((uint)To(ref r, op) >= (uint)From(ref r, op))
                    {
                        goto taken;
                    }

                    break;
                case Operation.LessThanImmediate64:
                    if (To(ref r, op) < (ulong)op.Immediate)
                    {
                        goto taken;
                    }

                    break;
                case Operation.LessThanRegister64:
                    if (To(ref r, op) < From(ref r, op))
                    {
                        goto taken;
                    }

                    break;
                case Operation.LessThanImmediate32:
                    if ((uint)To(ref r, op) < (uint)op.Immediate)
                    {
                        goto taken;
                    }

                    break;
                case Operation.LessThanRegister32:
                    if ((uint)To(ref r, op) < (uint)From(ref r, op))
                    {
                        goto taken;
                    }

                    break;
                case Operation.LessOrEqualImmediate64:
                    if (To(ref r, op) <= (ulong)op.Immediate)
                    {
                        goto taken;
                    }

                    break;
                case Operation.LessOrEqualRegister64:
                    if (To(ref r, op) <= From(ref r, op))
                    {
                        goto taken;
                    }

                    break;
                case Operation.LessOrEqualImmediate32:
                    if ((uint)To(ref r, op) <= (uint)op.Immediate)
                    {
                        goto taken;
                    }

                    break;
                case Operation.LessOrEqualRegister32:
                    if ((uint)To(ref r, op) <= (uint)From(ref r, op))
                    {
                        goto taken;
                    }

                    break;
                case Operation.SignedGreaterThanImmediate64:
                    if ((long)To(ref r, op) > op.Immediate)
                    {
                        goto taken;
                    }

                    break;
                case Operation.SignedGreaterThanRegister64:
                    if ((long)To(ref r, op) > (long)From(ref r, op))
                    {
                        goto taken;
                    }

                    break;
                case Operation.SignedGreaterThanImmediate32:
                    if ((int)To(ref r, op) > (int)op.Immediate)
                    {
                        goto taken;
                    }

                    break;
                case Operation.SignedGreaterThanRegister32:
                    if ((int)To(ref r, op) > (int)From(ref r, op))
                    {
                        goto taken;
                    }

                    break;
                case Operation.SignedGreaterOrEqualImmediate64:
                    if ((long)To(ref r, op) >= op.Immediate)
                    {
                        goto taken;
                    }

                    break;
                case Operation.SignedGreaterOrEqualRegister64:
                    if ((long)To(ref r, op) >= (long)From(ref r, op))
                    {
                        goto taken;
                    }

                    break;
                case Operation.SignedGreaterOrEqualImmediate32:
                    if ((int)To(ref r, op) >= (int)op.Immediate)
                    {
                        goto taken;
                    }

                    break;
                case Operation.SignedGreaterOrEqualRegister32:
                    if ((int)To(ref r, op) >= (int)From(ref r, op))
                    {
                        goto taken;
                    }

                    break;
                case Operation.SignedLessThanImmediate64:
                    if ((long)To(ref r, op) < op.Immediate)
                    {
                        goto taken;
                    }

                    break;
                case Operation.SignedLessThanRegister64:
                    if ((long)To(ref r, op) < (long)From(ref r, op))
                    {
                        goto taken;
                    }

                    break;
                case Operation.SignedLessThanImmediate32:
                    if ((int)To(ref r, op) < (int)op.Immediate)
                    {
                        goto taken;
                    }

                    break;
                case Operation.SignedLessThanRegister32:
                    if ((int)To(ref r, op) < (int)From(ref r, op))
                    {
                        goto taken;
                    }

                    break;
                case Operation.SignedLessOrEqualImmediate64:
                    if ((long)To(ref r, op) <= op.Immediate)
                    {
                        goto taken;
                    }

                    break;
                case Operation.SignedLessOrEqualRegister64:
                    if ((long)To(ref r, op) <= (long)From(ref r, op))
                    {
                        goto taken;
                    }

                    break;
                case Operation.SignedLessOrEqualImmediate32:
                    if ((int)To(ref r, op) <= (int)op.Immediate)
                    {
                        goto taken;
                    }

                    break;
                case Operation.SignedLessOrEqualRegister32:
                    if ((int)To(ref r, op) <= (int)From(ref r, op))
                    {
                        goto taken;
                    }

                    break;
                case Operation.Load8:
                    memory = ref Readable(regions, From(ref r, op) + (ulong)op.Target, 1);
                    if (Unsafe.IsNullRef(ref memory))
                    {
                        goto fault;
                    }

                    To(ref r, op) = memory;
                    break;
                case Operation.Load16:
                    memory = ref Readable(regions, From(ref r, op) + (ulong)op.Target, 2);
                    if (Unsafe.IsNullRef(ref memory))
                    {
                        goto fault;
                    }

                    To(ref r, op) = Read16(ref memory);
                    break;
                case Operation.Load32:
                    memory = ref Readable(regions, From(ref r, op) + (ulong)op.Target, 4);
                    if (Unsafe.IsNullRef(ref memory))
                    {
                        goto fault;
                    }

                    To(ref r, op) = Read32(ref memory);
                    break;
                case Operation.Load64:
                    memory = ref Readable(regions, From(ref r, op) + (ulong)op.Target, 8);
                    if (Unsafe.IsNullRef(ref memory))
                    {
                        goto fault;
                    }

                    To(ref r, op) = Read64(ref memory);
                    break;
                case Operation.LoadSigned8:
                    memory = ref Readable(regions, From(ref r, op) + (ulong)op.Target, 1);
                    if (Unsafe.IsNullRef(ref memory))
                    {
                        goto fault;
                    }

                    To(ref r, op) = (ulong)(sbyte)memory;
                    break;
                case Operation.LoadSigned16:
                    memory = ref Readable(regions, From(ref r, op) + (ulong)op.Target, 2);
                    if (Unsafe.IsNullRef(ref memory))
                    {
                        goto fault;
                    }

                    To(ref r, op) = (ulong)(short)Read16(ref memory);
                    break;
                case Operation.LoadSigned32:
                    memory = ref Readable(regions, From(ref r, op) + (ulong)op.Target, 4);
                    if (Unsafe.IsNullRef(ref memory))
                    {
                        goto fault;
                    }

                    To(ref r, op) = (ulong)(int)Read32(ref memory);
                    break;
                case Operation.Store8:
                    memory = ref Writable(regions, To(ref r, op) + (ulong)op.Target, 1);
                    if (Unsafe.IsNullRef(ref memory))
                    {
                        goto fault;
                    }

                    memory = (byte)From(ref r, op);
                    break;
                case Operation.Store16:
                    memory = ref Writable(regions, To(ref r, op) + (ulong)op.Target, 2);
                    if (Unsafe.IsNullRef(ref memory))
                    {
                        goto fault;
                    }

                    Write16(ref memory, (ushort)From(ref r, op));
                    break;
                case Operation.Store32:
                    memory = ref Writable(regions, To(ref r, op) + (ulong)op.Target, 4);
                    if (Unsafe.IsNullRef(ref memory))
                    {
                        goto fault;
                    }

                    Write32(ref memory, (uint)From(ref r, op));
                    break;
                case Operation.Store64:
                    memory = ref Writable(regions, To(ref r, op) + (ulong)op.Target, 8);
                    if (Unsafe.IsNullRef(ref memory))
                    {
                        goto fault;
                    }

                    Write64(ref memory, From(ref r, op));
                    break;
                case Operation.StoreImmediate8:
                    memory = ref Writable(regions, To(ref r, op) + (ulong)op.Target, 1);
                    if (Unsafe.IsNullRef(ref memory))
                    {
                        goto fault;
                    }

                    memory = (byte)op.Immediate;
                    break;
                case Operation.StoreImmediate16:
                    memory = ref Writable(regions, To(ref r, op) + (ulong)op.Target, 2);
                    if (Unsafe.IsNullRef(ref memory))
                    {
                        goto fault;
                    }

                    Write16(ref memory, (ushort)op.Immediate);
                    break;
                case Operation.StoreImmediate32:
                    memory = ref Writable(regions, To(ref r, op) + (ulong)op.Target, 4);
                    if (Unsafe.IsNullRef(ref memory))
                    {
                        goto fault;
                    }

                    Write32(ref memory, (uint)op.Immediate);
                    break;
                case Operation.StoreImmediate64:
                    memory = ref Writable(regions, To(ref r, op) + (ulong)op.Target, 8);
                    if (Unsafe.IsNullRef(ref memory))
                    {
                        goto fault;
                    }

                    Write64(ref memory, (ulong)op.Immediate);
                    break;
                case Operation.Atomic32:
                    memory = ref Writable(regions, To(ref r, op) + (ulong)op.Target, 4);
                    if (Unsafe.IsNullRef(ref memory))
                    {
                        goto fault;
                    }

                    Atomic32(ref memory, (AtomicOperation)op.Immediate, ref From(ref r, op), ref r);
                    break;
                case Operation.Atomic64:
                    memory = ref Writable(regions, To(ref r, op) + (ulong)op.Target, 8);
                    if (Unsafe.IsNullRef(ref memory))
                    {
                        goto fault;
                    }

                    Atomic64(ref memory, (AtomicOperation)op.Immediate, ref From(ref r, op), ref r);
                    break;
                case Operation.LoadStack8:
                    memory = ref Unsafe.Add(ref frameTop, op.Target);
                    To(ref r, op) = memory;
                    break;
                case Operation.LoadStack16:
                    memory = ref Unsafe.Add(ref frameTop, op.Target);
                    To(ref r, op) = Read16(ref memory);
                    break;
                case Operation.LoadStack32:
                    memory = ref Unsafe.Add(ref frameTop, op.Target);
                    To(ref r, op) = Read32(ref memory);
                    break;
                case Operation.LoadStack64:
                    memory = ref Unsafe.Add(ref frameTop, op.Target);
                    To(ref r, op) = Read64(ref memory);
                    break;
                case Operation.StoreStack8:
                    memory = ref Unsafe.Add(ref frameTop, op.Target);
                    memory = (byte)From(ref r, op);
                    break;
                case Operation.StoreStack16:
                    memory = ref Unsafe.Add(ref frameTop, op.Target);
                    Write16(ref memory, (ushort)From(ref r, op));
                    break;
                case Operation.StoreStack32:
                    memory = ref Unsafe.Add(ref frameTop, op.Target);
                    Write32(ref memory, (uint)From(ref r, op));
                    break;
                case Operation.StoreStack64:
                    memory = ref Unsafe.Add(ref frameTop, op.Target);
                    Write64(ref memory, From(ref r, op));
                    break;
                case Operation.StoreImmediateStack8:
                    memory = ref Unsafe.Add(ref frameTop, op.Target);
                    memory = (byte)op.Immediate;
                    break;
                case Operation.StoreImmediateStack16:
                    memory = ref Unsafe.Add(ref frameTop, op.Target);
                    Write16(ref memory, (ushort)op.Immediate);
                    break;
                case Operation.StoreImmediateStack32:
                    memory = ref Unsafe.Add(ref frameTop, op.Target);
                    Write32(ref memory, (uint)op.Immediate);
                    break;
                case Operation.StoreImmediateStack64:
                    memory = ref Unsafe.Add(ref frameTop, op.Target);
                    Write64(ref memory, (ulong)op.Immediate);
                    break;
                case Operation.MoveAdd64:
                    To(ref r, op) = From(ref r, op) + (ulong)op.Immediate;
                    op = ref Unsafe.Add(ref op, 2);
                    continue;
                case Operation.MoveAnd64:
                    To(ref r, op) = From(ref r, op) & (ulong)op.Immediate;
                    op = ref Unsafe.Add(ref op, 2);
                    continue;
                case Operation.MoveAnd32:
                    To(ref r, op) = (uint)From(ref r, op) & (uint)op.Immediate;
                    op = ref Unsafe.Add(ref op, 2);
                    continue;
                case Operation.MoveShiftLeft64:
                    To(ref r, op) = From(ref r, op) << (int)op.Immediate;
                    op = ref Unsafe.Add(ref op, 2);
                    continue;
                case Operation.MoveShiftLeft32:
                    To(ref r, op) = (uint)From(ref r, op) << (int)op.Immediate;
                    op = ref Unsafe.Add(ref op, 2);
                    continue;
                case Operation.MoveShiftRight64:
                    To(ref r, op) = From(ref r, op) >> (int)op.Immediate;
                    op = ref Unsafe.Add(ref op, 2);
                    continue;
                case Operation.MoveShiftRight32:
                    To(ref r, op) = (uint)From(ref r, op) >> (int)op.Immediate;
                    op = ref Unsafe.Add(ref op, 2);
                    continue;
                case Operation.MoveCut32:
                    To(ref r, op) = (uint)From(ref r, op);
                    op = ref Unsafe.Add(ref op, 3);
                    continue;
                case Operation.MoveAddRegister64:
                    To(ref r, op) = From(ref r, op) + Unsafe.Add(ref r, op.Target);
                    op = ref Unsafe.Add(ref op, 2);
                    continue;
                case Operation.MoveAndRegister64:
                    To(ref r, op) = From(ref r, op) & Unsafe.Add(ref r, op.Target);
                    op = ref Unsafe.Add(ref op, 2);
                    continue;
                case Operation.MoveXorRegister64:
                    To(ref r, op) = From(ref r, op) ^ Unsafe.Add(ref r, op.Target);
                    op = ref Unsafe.Add(ref op, 2);
                    continue;
                case Operation.ShiftLeftRight64:
                    To(ref r, op) = To(ref r, op) << (int)op.Immediate >> op.Target;
                    op = ref Unsafe.Add(ref op, 2);
                    continue;
                case Operation.MoveAndEqual64:
                    To(ref r, op) = From(ref r, op) & (ulong)op.Immediate;
                    if (To(ref r, op) == 0)
                    {
                        op = ref Unsafe.Add(ref op, 2);
                        goto taken;
                    }

                    op = ref Unsafe.Add(ref op, 3);
                    continue;
                case Operation.MoveAndNotEqual64:
                    To(ref r, op) = From(ref r, op) & (ulong)op.Immediate;
                    if (To(ref r, op) != 0)
                    {
                        op = ref Unsafe.Add(ref op, 2);
                        goto taken;
                    }

                    op = ref Unsafe.Add(ref op, 3);
                    continue;
                case Operation.OutsideImmediate64:
                    if (To(ref r, op) < (uint)op.Immediate)
                    {
                        goto taken;
                    }

                    op = ref Unsafe.Add(ref op, 1);
                    if (To(ref r, op) > (ulong)op.Immediate)
                    {
                        goto taken;
                    }

                    break;
                case Operation.SubtractRegisterMove64:
                    To(ref r, op) -= From(ref r, op);
                    Unsafe.Add(ref r, op.Target) = (ulong)op.Immediate;
                    op = ref Unsafe.Add(ref op, 2);
                    continue;
                case Operation.Load8ShiftLeft64:
                    memory = ref Readable(regions, From(ref r, op) + (ulong)op.Target, 1);
                    if (Unsafe.IsNullRef(ref memory))
                    {
                        goto fault;
                    }

                    To(ref r, op) = (ulong)memory << (int)op.Immediate;
                    op = ref Unsafe.Add(ref op, 2);
                    continue;
                case Operation.Load32LessThan64:
                    memory = ref Readable(regions, From(ref r, op) + (ulong)op.Target, 4);
                    if (Unsafe.IsNullRef(ref memory))
                    {
                        goto fault;
                    }

                    To(ref r, op) = Read32(ref memory);
                    if (Unsafe.Add(ref r, (nuint)op.Immediate) < To(ref r, op))
                    {
                        op = ref Unsafe.Add(ref op, 1);
                        goto taken;
                    }

                    op = ref Unsafe.Add(ref op, 2);
                    continue;
                case Operation.Load32LessOrEqual64:
                    memory = ref Readable(regions, From(ref r, op) + (ulong)op.Target, 4);
                    if (Unsafe.IsNullRef(ref memory))
                    {
                        goto fault;
                    }

                    To(ref r, op) = Read32(ref memory);
                    if (To(ref r, op) <= Unsafe.Add(ref r, (nuint)op.Immediate))
                    {
                        op = ref Unsafe.Add(ref op, 1);
                        goto taken;
                    }

                    op = ref Unsafe.Add(ref op, 2);
                    continue;
                case Operation.CallHelper:
                case Operation.CallKernel:
                    {
                        HelperImplementation? helper = op.Operation == Operation.CallKernel ? _helpers.FindKernelFunction(op.Target) : _helpers.Find((int)op.Immediate);
                        long left = limit - IndexOf(ref code, ref op) - 1 + saved;
                        if (helper is null)
                        {
                            return FaultAt(program, IndexOf(ref code, ref op), left, FaultKind.UnknownHelper, null, $"{DescribeCall(op)} is not available here: {WhyNot(op)}");
                        }

                        // A helper that calls back spends of the same budget.
                        _left = left;
                        ulong result = helper(this, Unsafe.Add(ref r, 1), Unsafe.Add(ref r, 2), Unsafe.Add(ref r, 3), Unsafe.Add(ref r, 4), Unsafe.Add(ref r, 5));
                        if (_failure is not null)
                        {
                            return FaultFrom(program, IndexOf(ref code, ref op), _left, $"{DescribeCall(op)}: ");
                        }

                        r = result;
                        regions = _regions;
                        if (_left != left)
                        {
                            op = ref Unsafe.Add(ref op, 1);
                            goto resume;
                        }

                        break;
                    }

                case Operation.TailCall:
                    {
                        int at = IndexOf(ref code, ref op);
                        _left = limit - at - 1 + saved;
                        if (FindTailCall(Unsafe.Add(ref r, 2), (uint)Unsafe.Add(ref r, 3)) is not LoadedProgram target)
                        {
                            if (_failure is not null)
                            {
                                return FaultFrom(program, at, _left, $"helper {HelperPrototypes.Describe(HelperId.TailCall)}: ");
                            }

                            break;
                        }

                        _tailCalls++;
                        program = target;
                        _firstMap = PlaceMaps(program);
                        _program = program;
                        code = ref CodeOf<TMode>(program);
                        regions = _regions;
                        op = ref code;
                        goto resume;
                    }

                case Operation.CallLocal:
                    {
                        int at = IndexOf(ref code, ref op);
                        if (_depth == MaxFrames - 1)
                        {
                            return FaultAt(program, at, limit - at - 1 + saved, FaultKind.CallDepthExceeded, null, $"calls nested deeper than {MaxFrames} frames");
                        }

                        _frames[_depth] = new Frame
                        {
                            Program = program,
                            Return = at + 1,
                            FirstMap = _firstMap,
                            R6 = Unsafe.Add(ref r, 6),
                            R7 = Unsafe.Add(ref r, 7),
                            R8 = Unsafe.Add(ref r, 8),
                            R9 = Unsafe.Add(ref r, 9),
                        };
                        EnterFrame();
                        Unsafe.Add(ref r, 10) = FrameTop(_depth);
                        frameTop = ref Unsafe.Add(ref frameTop, StackSize);
                        goto taken;
                    }

                case Operation.Exit:
                    {
                        _left = limit - IndexOf(ref code, ref op) - 1 + saved;
                        if (_depth == floor)
                        {
                            if (TMode.Traces)
                            {
                                _recorder!.End(this);
                            }

                            if (floor == 0 && _referenceCount > 0)
                            {
                                return FaultAt(program, IndexOf(ref code, ref op), _left, FaultKind.UnreleasedReference, null, DescribeReferences());
                            }

                            return new RunResult(r, _budget - _left, null);
                        }

                        LeaveFrame();
                        ref readonly Frame frame = ref _frames[_depth];
                        program = frame.Program;
                        _program = program;
                        _firstMap = frame.FirstMap;
                        code = ref CodeOf<TMode>(program);
                        op = ref Unsafe.Add(ref code, frame.Return);
                        Unsafe.Add(ref r, 6) = frame.R6;
                        Unsafe.Add(ref r, 7) = frame.R7;
                        Unsafe.Add(ref r, 8) = frame.R8;
                        Unsafe.Add(ref r, 9) = frame.R9;
                        Unsafe.Add(ref r, 10) = FrameTop(_depth);
                        frameTop = ref Unsafe.Add(ref frameTop, -StackSize);
                        goto resume;
                    }

                default:
                    {
                        int at = IndexOf(ref code, ref op);
                        return FaultAt(program, at, limit - at - 1 + saved, FaultKind.Unsupported, null, "this instruction needs a kernel: the address of a kernel variable");
                    }
            }

            op = ref Unsafe.Add(ref op, 1);
            continue;

        taken:
            {
                // What is jumped over, or once more ahead, is added to the limit.
                ref DecodedInstruction to = ref Unsafe.Add(ref code, op.Target);
                limit += IndexOf(ref op, ref to) - 1;
                op = ref to;
            }

            if (limit >= threshold)
            {
                continue;
            }

            _left = limit - IndexOf(ref code, ref op) + saved;

        resume:
            // With what is left of the budget before op: takes a new slice of it.
            if (TMode.CountsEach)
            {
                limit = _left + IndexOf(ref code, ref op);
                continue;
            }

            threshold = 2L * program.Code.Length;
            if (_left <= threshold)
            {
                return Interpret<CountingMode>(IndexOf(ref code, ref op), floor);
            }

            if (_left < _nextLook)
            {
                LookAtCancellation();
            }

            limit = Math.Min(_left, CancellationInterval + threshold);
            saved = _left - limit;
            limit += IndexOf(ref code, ref op);
            continue;

        fault:
            {
                int at = IndexOf(ref code, ref op);
                return FaultAccess(program, at, limit - at - 1 + saved);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ref DecodedInstruction CodeOf<TMode>(LoadedProgram program)
        where TMode : struct, IInterpreterMode => ref MemoryMarshal.GetArrayDataReference(TMode.CountsEach ? program.Code : program.FusedCode);

    private static int IndexOf(ref readonly DecodedInstruction code, ref readonly DecodedInstruction op) =>
        (int)(Unsafe.ByteOffset(in code, in op) >> InstructionShift);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ref ulong To(ref ulong registers, in DecodedInstruction op) => ref Unsafe.Add(ref registers, (nuint)op.Destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ref ulong From(ref ulong registers, in DecodedInstruction op) => ref Unsafe.Add(ref registers, (nuint)op.Source);

    // The first byte of an access, or a null reference when it is not allowed.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ref byte Readable(MemoryRegion[] regions, ulong address, uint size)
    {
        uint id = (uint)(address >> 32);
        if (id >= (uint)regions.Length)
        {
            return ref Unsafe.NullRef<byte>();
        }

        MemoryRegion region = regions[id];
        uint offset = (uint)address;
        if ((ulong)offset + size <= (uint)region.ReadLength)
        {
            return ref region.ByteAt(offset);
        }

        return ref region.Find(offset, size, write: false);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ref byte Writable(MemoryRegion[] regions, ulong address, uint size)
    {
        uint id = (uint)(address >> 32);
        if (id >= (uint)regions.Length)
        {
            return ref Unsafe.NullRef<byte>();
        }

        MemoryRegion region = regions[id];
        uint offset = (uint)address;
        if ((ulong)offset + size <= (uint)region.WriteLength)
        {
            return ref region.ByteAt(offset);
        }

        return ref region.Find(offset, size, write: true);
    }

    private static ushort Read16(ref byte memory) => LittleEndian(Unsafe.ReadUnaligned<ushort>(ref memory));

    private static uint Read32(ref byte memory) => LittleEndian(Unsafe.ReadUnaligned<uint>(ref memory));

    private static ulong Read64(ref byte memory) => LittleEndian(Unsafe.ReadUnaligned<ulong>(ref memory));

    private static void Write16(ref byte memory, ushort value) => Unsafe.WriteUnaligned(ref memory, LittleEndian(value));

    private static void Write32(ref byte memory, uint value) => Unsafe.WriteUnaligned(ref memory, LittleEndian(value));

    private static void Write64(ref byte memory, ulong value) => Unsafe.WriteUnaligned(ref memory, LittleEndian(value));

    private static ushort LittleEndian(ushort value) => BitConverter.IsLittleEndian ? value : BinaryPrimitives.ReverseEndianness(value);

    private static uint LittleEndian(uint value) => BitConverter.IsLittleEndian ? value : BinaryPrimitives.ReverseEndianness(value);

    private static ulong LittleEndian(ulong value) => BitConverter.IsLittleEndian ? value : BinaryPrimitives.ReverseEndianness(value);

    internal static ulong Divide(ulong dividend, ulong divisor) => divisor == 0 ? 0 : dividend / divisor;

    internal static uint Divide(uint dividend, uint divisor) => divisor == 0 ? 0 : dividend / divisor;

    internal static ulong Modulo(ulong dividend, ulong divisor) => divisor == 0 ? dividend : dividend % divisor;

    internal static uint Modulo(uint dividend, uint divisor) => divisor == 0 ? dividend : dividend % divisor;

    // The smallest number divided by -1 does not fit; RFC 9669 §4.1 gives the smallest number, and remainder 0.
    internal static ulong SignedDivide(ulong dividend, ulong divisor) =>
        divisor == 0 ? 0 : divisor == ulong.MaxValue ? 0 - dividend : (ulong)((long)dividend / (long)divisor);

    internal static uint SignedDivide(uint dividend, uint divisor) =>
        divisor == 0 ? 0 : divisor == uint.MaxValue ? 0 - dividend : (uint)((int)dividend / (int)divisor);

    internal static ulong SignedModulo(ulong dividend, ulong divisor) =>
        divisor == 0 ? dividend : divisor == ulong.MaxValue ? 0 : (ulong)((long)dividend % (long)divisor);

    internal static uint SignedModulo(uint dividend, uint divisor) =>
        divisor == 0 ? dividend : divisor == uint.MaxValue ? 0 : (uint)((int)dividend % (int)divisor);

    private static void Atomic64(ref byte memory, AtomicOperation operation, ref ulong source, ref ulong r0)
    {
        ulong old = Read64(ref memory);
        Write64(ref memory, Combine(operation, old, source, old == r0));
        KeepOld(operation, old, ref source, ref r0);
    }

    private static void Atomic32(ref byte memory, AtomicOperation operation, ref ulong source, ref ulong r0)
    {
        uint old = Read32(ref memory);
        Write32(ref memory, (uint)Combine(operation, old, source, old == (uint)r0));
        KeepOld(operation, old, ref source, ref r0);
    }

    private static ulong Combine(AtomicOperation operation, ulong old, ulong source, bool equal) => operation switch
    {
        AtomicOperation.Add or AtomicOperation.FetchAdd => old + source,
        AtomicOperation.Or or AtomicOperation.FetchOr => old | source,
        AtomicOperation.And or AtomicOperation.FetchAnd => old & source,
        AtomicOperation.Xor or AtomicOperation.FetchXor => old ^ source,
        AtomicOperation.Exchange => source,
        _ => equal ? source : old,
    };

    // A 32-bit operation returns the old value zero-extended, a failed 32-bit compare-exchange too (RFC 9669 §5.3).
    private static void KeepOld(AtomicOperation operation, ulong old, ref ulong source, ref ulong r0)
    {
        if (operation == AtomicOperation.CompareExchange)
        {
            r0 = old;
        }
        else if (((int)operation & 1) != 0)
        {
            source = old;
        }
    }

    private static string DescribeCall(in DecodedInstruction call) =>
        call.Operation == Operation.CallKernel ? $"kernel function {KernelFunctions.Names[call.Target]}" : $"helper {HelperPrototypes.Describe((int)call.Immediate)}";

    private static string WhyNot(in DecodedInstruction call) =>
        call.Operation == Operation.CallKernel ? "this host does not provide it" : HelperAvailability.WhyNot((int)call.Immediate);

    private RunResult FaultAt(LoadedProgram program, int at, long left, FaultKind kind, ulong? address, string text)
    {
        _left = left;
        AbandonReferences();
        return new RunResult(0, _budget - left, new Fault(kind, program.SlotOf(at), address, text, program.Spec.Name));
    }

    // What helper 12 jumps to; null falls through, and an empty place costs none of the 33 jumps (observed on 6.18).
    private LoadedProgram? FindTailCall(ulong mapAddress, uint index)
    {
        if (!TryGetMap(mapAddress, out BpfMap? map))
        {
            return null;
        }

        if (map is not ProgramArray programs)
        {
            Fail(FaultKind.BadArgument, mapAddress, $"map '{map.Spec.Name}' ({map.Spec.Type}) is not a PROG_ARRAY");
            return null;
        }

        return _tailCalls < MaxTailCalls ? (LoadedProgram?)programs.Find(index) : null;
    }

    private RunResult FaultAccess(LoadedProgram program, int at, long left)
    {
        program.TryDescribeAccess(at, _registers, out ulong address, out int size, out bool write);
        FailAccess(address, size, write);
        return FaultFrom(program, at, left, "");
    }

    // A fault inside a function that a helper called is reported where it happened.
    private RunResult FaultFrom(LoadedProgram program, int at, long left, string prefix)
    {
        FailureReport failure = _failure!;
        return failure.Callback is Fault callback
            ? new RunResult(0, _budget - left, callback)
            : FaultAt(program, at, left, failure.Kind, failure.Address, prefix + failure.Text);
    }
}
