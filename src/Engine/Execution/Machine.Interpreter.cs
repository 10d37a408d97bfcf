using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using ReuseportPS.Engine.Helpers;
using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Maps;

namespace ReuseportPS.Engine.Execution;

public sealed partial class Machine
{
    internal const int CancellationInterval = 65536;

    // One switch over decoded instructions, and nothing between it and the next instruction: every access checked, nothing allocated.
    // Runs from an instruction until the function of frame 'floor' exits. Beforehand the registers, the program and what is left of the budget are set.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private RunResult Interpret(int next, int floor)
    {
        Span<ulong> r = _registers;
        LoadedProgram program = _program!;
        DecodedInstruction[] code = program.Code;
        uint firstMap = _firstMap;
        ulong address;
        byte[] bytes;
        int index;

        // Counted down to the next look at the token or the end of the budget; remaining is what may be executed after that.
        long slice = 0;
        long remaining = _left;
        while (true)
        {
            int at = next;
            if (--slice < 0)
            {
                if (remaining <= 0)
                {
                    return FaultAt(program, at, 0, FaultKind.BudgetExceeded, null, $"more than {_budget} instructions");
                }

                _cancellation.ThrowIfCancellationRequested();
                slice = Math.Min(remaining, CancellationInterval);
                remaining -= slice--;
            }

            ref readonly DecodedInstruction op = ref code[next++];
            switch (op.Operation)
            {
                case Operation.AddImmediate64:
                    r[op.Destination & 15] += (ulong)op.Immediate;
                    break;
                case Operation.AddRegister64:
                    r[op.Destination & 15] += r[op.Source & 15];
                    break;
                case Operation.AddImmediate32:
                    r[op.Destination & 15] = (uint)r[op.Destination & 15] + (uint)op.Immediate;
                    break;
                case Operation.AddRegister32:
                    r[op.Destination & 15] = (uint)r[op.Destination & 15] + (uint)r[op.Source & 15];
                    break;
                case Operation.SubtractImmediate64:
                    r[op.Destination & 15] -= (ulong)op.Immediate;
                    break;
                case Operation.SubtractRegister64:
                    r[op.Destination & 15] -= r[op.Source & 15];
                    break;
                case Operation.SubtractImmediate32:
                    r[op.Destination & 15] = (uint)r[op.Destination & 15] - (uint)op.Immediate;
                    break;
                case Operation.SubtractRegister32:
                    r[op.Destination & 15] = (uint)r[op.Destination & 15] - (uint)r[op.Source & 15];
                    break;
                case Operation.MultiplyImmediate64:
                    r[op.Destination & 15] *= (ulong)op.Immediate;
                    break;
                case Operation.MultiplyRegister64:
                    r[op.Destination & 15] *= r[op.Source & 15];
                    break;
                case Operation.MultiplyImmediate32:
                    r[op.Destination & 15] = (uint)r[op.Destination & 15] * (uint)op.Immediate;
                    break;
                case Operation.MultiplyRegister32:
                    r[op.Destination & 15] = (uint)r[op.Destination & 15] * (uint)r[op.Source & 15];
                    break;
                case Operation.OrImmediate64:
                    r[op.Destination & 15] |= (ulong)op.Immediate;
                    break;
                case Operation.OrRegister64:
                    r[op.Destination & 15] |= r[op.Source & 15];
                    break;
                case Operation.OrImmediate32:
                    r[op.Destination & 15] = (uint)r[op.Destination & 15] | (uint)op.Immediate;
                    break;
                case Operation.OrRegister32:
                    r[op.Destination & 15] = (uint)r[op.Destination & 15] | (uint)r[op.Source & 15];
                    break;
                case Operation.AndImmediate64:
                    r[op.Destination & 15] &= (ulong)op.Immediate;
                    break;
                case Operation.AndRegister64:
                    r[op.Destination & 15] &= r[op.Source & 15];
                    break;
                case Operation.AndImmediate32:
                    r[op.Destination & 15] = (uint)r[op.Destination & 15] & (uint)op.Immediate;
                    break;
                case Operation.AndRegister32:
                    r[op.Destination & 15] = (uint)r[op.Destination & 15] & (uint)r[op.Source & 15];
                    break;
                case Operation.XorImmediate64:
                    r[op.Destination & 15] ^= (ulong)op.Immediate;
                    break;
                case Operation.XorRegister64:
                    r[op.Destination & 15] ^= r[op.Source & 15];
                    break;
                case Operation.XorImmediate32:
                    r[op.Destination & 15] = (uint)r[op.Destination & 15] ^ (uint)op.Immediate;
                    break;
                case Operation.XorRegister32:
                    r[op.Destination & 15] = (uint)r[op.Destination & 15] ^ (uint)r[op.Source & 15];
                    break;
                case Operation.DivideImmediate64:
                    r[op.Destination & 15] = Divide(r[op.Destination & 15], (ulong)op.Immediate);
                    break;
                case Operation.DivideRegister64:
                    r[op.Destination & 15] = Divide(r[op.Destination & 15], r[op.Source & 15]);
                    break;
                case Operation.DivideImmediate32:
                    r[op.Destination & 15] = Divide((uint)r[op.Destination & 15], (uint)op.Immediate);
                    break;
                case Operation.DivideRegister32:
                    r[op.Destination & 15] = Divide((uint)r[op.Destination & 15], (uint)r[op.Source & 15]);
                    break;
                case Operation.SignedDivideImmediate64:
                    r[op.Destination & 15] = SignedDivide(r[op.Destination & 15], (ulong)op.Immediate);
                    break;
                case Operation.SignedDivideRegister64:
                    r[op.Destination & 15] = SignedDivide(r[op.Destination & 15], r[op.Source & 15]);
                    break;
                case Operation.SignedDivideImmediate32:
                    r[op.Destination & 15] = SignedDivide((uint)r[op.Destination & 15], (uint)op.Immediate);
                    break;
                case Operation.SignedDivideRegister32:
                    r[op.Destination & 15] = SignedDivide((uint)r[op.Destination & 15], (uint)r[op.Source & 15]);
                    break;
                case Operation.ModuloImmediate64:
                    r[op.Destination & 15] = Modulo(r[op.Destination & 15], (ulong)op.Immediate);
                    break;
                case Operation.ModuloRegister64:
                    r[op.Destination & 15] = Modulo(r[op.Destination & 15], r[op.Source & 15]);
                    break;
                case Operation.ModuloImmediate32:
                    r[op.Destination & 15] = Modulo((uint)r[op.Destination & 15], (uint)op.Immediate);
                    break;
                case Operation.ModuloRegister32:
                    r[op.Destination & 15] = Modulo((uint)r[op.Destination & 15], (uint)r[op.Source & 15]);
                    break;
                case Operation.SignedModuloImmediate64:
                    r[op.Destination & 15] = SignedModulo(r[op.Destination & 15], (ulong)op.Immediate);
                    break;
                case Operation.SignedModuloRegister64:
                    r[op.Destination & 15] = SignedModulo(r[op.Destination & 15], r[op.Source & 15]);
                    break;
                case Operation.SignedModuloImmediate32:
                    r[op.Destination & 15] = SignedModulo((uint)r[op.Destination & 15], (uint)op.Immediate);
                    break;
                case Operation.SignedModuloRegister32:
                    r[op.Destination & 15] = SignedModulo((uint)r[op.Destination & 15], (uint)r[op.Source & 15]);
                    break;
                case Operation.ShiftLeftImmediate64:
                    r[op.Destination & 15] <<= (int)op.Immediate;
                    break;
                case Operation.ShiftLeftRegister64:
                    r[op.Destination & 15] <<= (int)r[op.Source & 15];
                    break;
                case Operation.ShiftLeftImmediate32:
                    r[op.Destination & 15] = (uint)r[op.Destination & 15] << (int)op.Immediate;
                    break;
                case Operation.ShiftLeftRegister32:
                    r[op.Destination & 15] = (uint)r[op.Destination & 15] << (int)r[op.Source & 15];
                    break;
                case Operation.ShiftRightImmediate64:
                    r[op.Destination & 15] >>= (int)op.Immediate;
                    break;
                case Operation.ShiftRightRegister64:
                    r[op.Destination & 15] >>= (int)r[op.Source & 15];
                    break;
                case Operation.ShiftRightImmediate32:
                    r[op.Destination & 15] = (uint)r[op.Destination & 15] >> (int)op.Immediate;
                    break;
                case Operation.ShiftRightRegister32:
                    r[op.Destination & 15] = (uint)r[op.Destination & 15] >> (int)r[op.Source & 15];
                    break;
                case Operation.ArithmeticShiftRightImmediate64:
                    r[op.Destination & 15] = (ulong)((long)r[op.Destination & 15] >> (int)op.Immediate);
                    break;
                case Operation.ArithmeticShiftRightRegister64:
                    r[op.Destination & 15] = (ulong)((long)r[op.Destination & 15] >> (int)r[op.Source & 15]);
                    break;
                case Operation.ArithmeticShiftRightImmediate32:
                    r[op.Destination & 15] = (uint)((int)r[op.Destination & 15] >> (int)op.Immediate);
                    break;
                case Operation.ArithmeticShiftRightRegister32:
                    r[op.Destination & 15] = (uint)((int)r[op.Destination & 15] >> (int)r[op.Source & 15]);
                    break;
                case Operation.MoveImmediate64:
                    r[op.Destination & 15] = (ulong)op.Immediate;
                    break;
                case Operation.MoveRegister64:
                    r[op.Destination & 15] = r[op.Source & 15];
                    break;
                case Operation.MoveImmediate32:
                    r[op.Destination & 15] = (ulong)op.Immediate;
                    break;
                case Operation.MoveRegister32:
                    r[op.Destination & 15] = (uint)r[op.Source & 15];
                    break;
                case Operation.Negate64:
                    r[op.Destination & 15] = 0 - r[op.Destination & 15];
                    break;
                case Operation.Negate32:
                    r[op.Destination & 15] = 0 - (uint)r[op.Destination & 15];
                    break;
                case Operation.SignExtend8To64:
                    r[op.Destination & 15] = (ulong)(sbyte)r[op.Source & 15];
                    break;
                case Operation.SignExtend16To64:
                    r[op.Destination & 15] = (ulong)(short)r[op.Source & 15];
                    break;
                case Operation.SignExtend32To64:
                    r[op.Destination & 15] = (ulong)(int)r[op.Source & 15];
                    break;
                case Operation.SignExtend8To32:
                    r[op.Destination & 15] = (uint)(sbyte)r[op.Source & 15];
                    break;
                case Operation.SignExtend16To32:
                    r[op.Destination & 15] = (uint)(short)r[op.Source & 15];
                    break;
                case Operation.Swap16:
                    r[op.Destination & 15] = BinaryPrimitives.ReverseEndianness((ushort)r[op.Destination & 15]);
                    break;
                case Operation.Swap32:
                    r[op.Destination & 15] = BinaryPrimitives.ReverseEndianness((uint)r[op.Destination & 15]);
                    break;
                case Operation.Swap64:
                    r[op.Destination & 15] = BinaryPrimitives.ReverseEndianness(r[op.Destination & 15]);
                    break;
                case Operation.Cut16:
                    r[op.Destination & 15] = (ushort)r[op.Destination & 15];
                    break;
                case Operation.Cut32:
                    r[op.Destination & 15] = (uint)r[op.Destination & 15];
                    break;
                case Operation.Nothing:
                    break;
                case Operation.LoadValue:
                    r[op.Destination & 15] = (ulong)op.Immediate;
                    break;
                case Operation.LoadMap:
                    r[op.Destination & 15] = MapAddress(firstMap + (uint)(op.Immediate >> 32));
                    break;
                case Operation.LoadMapValue:
                    r[op.Destination & 15] = ((ulong)(FirstMap + firstMap + (uint)(op.Immediate >> 32)) << 32) | (uint)op.Immediate;
                    break;
                case Operation.Jump:
                    next = op.Target;
                    break;
                case Operation.EqualImmediate64:
                    next = r[op.Destination & 15] == (ulong)op.Immediate ? op.Target : next;
                    break;
                case Operation.EqualRegister64:
                    next = r[op.Destination & 15] == r[op.Source & 15] ? op.Target : next;
                    break;
                case Operation.EqualImmediate32:
                    next = (uint)r[op.Destination & 15] == (uint)op.Immediate ? op.Target : next;
                    break;
                case Operation.EqualRegister32:
                    next = (uint)r[op.Destination & 15] == (uint)r[op.Source & 15] ? op.Target : next;
                    break;
                case Operation.NotEqualImmediate64:
                    next = r[op.Destination & 15] != (ulong)op.Immediate ? op.Target : next;
                    break;
                case Operation.NotEqualRegister64:
                    next = r[op.Destination & 15] != r[op.Source & 15] ? op.Target : next;
                    break;
                case Operation.NotEqualImmediate32:
                    next = (uint)r[op.Destination & 15] != (uint)op.Immediate ? op.Target : next;
                    break;
                case Operation.NotEqualRegister32:
                    next = (uint)r[op.Destination & 15] != (uint)r[op.Source & 15] ? op.Target : next;
                    break;
                case Operation.BitsSetImmediate64:
                    next = (r[op.Destination & 15] & (ulong)op.Immediate) != 0 ? op.Target : next;
                    break;
                case Operation.BitsSetRegister64:
                    next = (r[op.Destination & 15] & r[op.Source & 15]) != 0 ? op.Target : next;
                    break;
                case Operation.BitsSetImmediate32:
                    next = ((uint)r[op.Destination & 15] & (uint)op.Immediate) != 0 ? op.Target : next;
                    break;
                case Operation.BitsSetRegister32:
                    next = ((uint)r[op.Destination & 15] & (uint)r[op.Source & 15]) != 0 ? op.Target : next;
                    break;
                case Operation.GreaterThanImmediate64:
                    next = r[op.Destination & 15] > (ulong)op.Immediate ? op.Target : next;
                    break;
                case Operation.GreaterThanRegister64:
                    next = r[op.Destination & 15] > r[op.Source & 15] ? op.Target : next;
                    break;
                case Operation.GreaterThanImmediate32:
                    next = (uint)r[op.Destination & 15] > (uint)op.Immediate ? op.Target : next;
                    break;
                case Operation.GreaterThanRegister32:
                    next = (uint)r[op.Destination & 15] > (uint)r[op.Source & 15] ? op.Target : next;
                    break;
                case Operation.GreaterOrEqualImmediate64:
                    next = r[op.Destination & 15] >= (ulong)op.Immediate ? op.Target : next;
                    break;
                case Operation.GreaterOrEqualRegister64:
                    next = r[op.Destination & 15] >= r[op.Source & 15] ? op.Target : next;
                    break;
                case Operation.GreaterOrEqualImmediate32:
                    next = (uint)r[op.Destination & 15] >= (uint)op.Immediate ? op.Target : next;
                    break;
                case Operation.GreaterOrEqualRegister32:
                    next = (uint)r[op.Destination & 15] >= (uint)r[op.Source & 15] ? op.Target : next;
                    break;
                case Operation.LessThanImmediate64:
                    next = r[op.Destination & 15] < (ulong)op.Immediate ? op.Target : next;
                    break;
                case Operation.LessThanRegister64:
                    next = r[op.Destination & 15] < r[op.Source & 15] ? op.Target : next;
                    break;
                case Operation.LessThanImmediate32:
                    next = (uint)r[op.Destination & 15] < (uint)op.Immediate ? op.Target : next;
                    break;
                case Operation.LessThanRegister32:
                    next = (uint)r[op.Destination & 15] < (uint)r[op.Source & 15] ? op.Target : next;
                    break;
                case Operation.LessOrEqualImmediate64:
                    next = r[op.Destination & 15] <= (ulong)op.Immediate ? op.Target : next;
                    break;
                case Operation.LessOrEqualRegister64:
                    next = r[op.Destination & 15] <= r[op.Source & 15] ? op.Target : next;
                    break;
                case Operation.LessOrEqualImmediate32:
                    next = (uint)r[op.Destination & 15] <= (uint)op.Immediate ? op.Target : next;
                    break;
                case Operation.LessOrEqualRegister32:
                    next = (uint)r[op.Destination & 15] <= (uint)r[op.Source & 15] ? op.Target : next;
                    break;
                case Operation.SignedGreaterThanImmediate64:
                    next = (long)r[op.Destination & 15] > op.Immediate ? op.Target : next;
                    break;
                case Operation.SignedGreaterThanRegister64:
                    next = (long)r[op.Destination & 15] > (long)r[op.Source & 15] ? op.Target : next;
                    break;
                case Operation.SignedGreaterThanImmediate32:
                    next = (int)r[op.Destination & 15] > (int)op.Immediate ? op.Target : next;
                    break;
                case Operation.SignedGreaterThanRegister32:
                    next = (int)r[op.Destination & 15] > (int)r[op.Source & 15] ? op.Target : next;
                    break;
                case Operation.SignedGreaterOrEqualImmediate64:
                    next = (long)r[op.Destination & 15] >= op.Immediate ? op.Target : next;
                    break;
                case Operation.SignedGreaterOrEqualRegister64:
                    next = (long)r[op.Destination & 15] >= (long)r[op.Source & 15] ? op.Target : next;
                    break;
                case Operation.SignedGreaterOrEqualImmediate32:
                    next = (int)r[op.Destination & 15] >= (int)op.Immediate ? op.Target : next;
                    break;
                case Operation.SignedGreaterOrEqualRegister32:
                    next = (int)r[op.Destination & 15] >= (int)r[op.Source & 15] ? op.Target : next;
                    break;
                case Operation.SignedLessThanImmediate64:
                    next = (long)r[op.Destination & 15] < op.Immediate ? op.Target : next;
                    break;
                case Operation.SignedLessThanRegister64:
                    next = (long)r[op.Destination & 15] < (long)r[op.Source & 15] ? op.Target : next;
                    break;
                case Operation.SignedLessThanImmediate32:
                    next = (int)r[op.Destination & 15] < (int)op.Immediate ? op.Target : next;
                    break;
                case Operation.SignedLessThanRegister32:
                    next = (int)r[op.Destination & 15] < (int)r[op.Source & 15] ? op.Target : next;
                    break;
                case Operation.SignedLessOrEqualImmediate64:
                    next = (long)r[op.Destination & 15] <= op.Immediate ? op.Target : next;
                    break;
                case Operation.SignedLessOrEqualRegister64:
                    next = (long)r[op.Destination & 15] <= (long)r[op.Source & 15] ? op.Target : next;
                    break;
                case Operation.SignedLessOrEqualImmediate32:
                    next = (int)r[op.Destination & 15] <= (int)op.Immediate ? op.Target : next;
                    break;
                case Operation.SignedLessOrEqualRegister32:
                    next = (int)r[op.Destination & 15] <= (int)r[op.Source & 15] ? op.Target : next;
                    break;
                case Operation.Load8:
                    address = r[op.Source & 15] + (ulong)op.Target;
                    if (!TryLocate(address, 1, false, out bytes, out index))
                    {
                        return FaultAccess(program, at, address, 1, false, remaining + slice);
                    }

                    r[op.Destination & 15] = bytes[index];
                    break;
                case Operation.Load16:
                    address = r[op.Source & 15] + (ulong)op.Target;
                    if (!TryLocate(address, 2, false, out bytes, out index))
                    {
                        return FaultAccess(program, at, address, 2, false, remaining + slice);
                    }

                    r[op.Destination & 15] = BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(index, 2));
                    break;
                case Operation.Load32:
                    address = r[op.Source & 15] + (ulong)op.Target;
                    if (!TryLocate(address, 4, false, out bytes, out index))
                    {
                        return FaultAccess(program, at, address, 4, false, remaining + slice);
                    }

                    r[op.Destination & 15] = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(index, 4));
                    break;
                case Operation.Load64:
                    address = r[op.Source & 15] + (ulong)op.Target;
                    if (!TryLocate(address, 8, false, out bytes, out index))
                    {
                        return FaultAccess(program, at, address, 8, false, remaining + slice);
                    }

                    r[op.Destination & 15] = BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(index, 8));
                    break;
                case Operation.LoadSigned8:
                    address = r[op.Source & 15] + (ulong)op.Target;
                    if (!TryLocate(address, 1, false, out bytes, out index))
                    {
                        return FaultAccess(program, at, address, 1, false, remaining + slice);
                    }

                    r[op.Destination & 15] = (ulong)(sbyte)bytes[index];
                    break;
                case Operation.LoadSigned16:
                    address = r[op.Source & 15] + (ulong)op.Target;
                    if (!TryLocate(address, 2, false, out bytes, out index))
                    {
                        return FaultAccess(program, at, address, 2, false, remaining + slice);
                    }

                    r[op.Destination & 15] = (ulong)BinaryPrimitives.ReadInt16LittleEndian(bytes.AsSpan(index, 2));
                    break;
                case Operation.LoadSigned32:
                    address = r[op.Source & 15] + (ulong)op.Target;
                    if (!TryLocate(address, 4, false, out bytes, out index))
                    {
                        return FaultAccess(program, at, address, 4, false, remaining + slice);
                    }

                    r[op.Destination & 15] = (ulong)BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(index, 4));
                    break;
                case Operation.Store8:
                    address = r[op.Destination & 15] + (ulong)op.Target;
                    if (!TryLocate(address, 1, true, out bytes, out index))
                    {
                        return FaultAccess(program, at, address, 1, true, remaining + slice);
                    }

                    bytes[index] = (byte)r[op.Source & 15];
                    break;
                case Operation.Store16:
                    address = r[op.Destination & 15] + (ulong)op.Target;
                    if (!TryLocate(address, 2, true, out bytes, out index))
                    {
                        return FaultAccess(program, at, address, 2, true, remaining + slice);
                    }

                    BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(index, 2), (ushort)r[op.Source & 15]);
                    break;
                case Operation.Store32:
                    address = r[op.Destination & 15] + (ulong)op.Target;
                    if (!TryLocate(address, 4, true, out bytes, out index))
                    {
                        return FaultAccess(program, at, address, 4, true, remaining + slice);
                    }

                    BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(index, 4), (uint)r[op.Source & 15]);
                    break;
                case Operation.Store64:
                    address = r[op.Destination & 15] + (ulong)op.Target;
                    if (!TryLocate(address, 8, true, out bytes, out index))
                    {
                        return FaultAccess(program, at, address, 8, true, remaining + slice);
                    }

                    BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(index, 8), r[op.Source & 15]);
                    break;
                case Operation.StoreImmediate8:
                    address = r[op.Destination & 15] + (ulong)op.Target;
                    if (!TryLocate(address, 1, true, out bytes, out index))
                    {
                        return FaultAccess(program, at, address, 1, true, remaining + slice);
                    }

                    bytes[index] = (byte)op.Immediate;
                    break;
                case Operation.StoreImmediate16:
                    address = r[op.Destination & 15] + (ulong)op.Target;
                    if (!TryLocate(address, 2, true, out bytes, out index))
                    {
                        return FaultAccess(program, at, address, 2, true, remaining + slice);
                    }

                    BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(index, 2), (ushort)op.Immediate);
                    break;
                case Operation.StoreImmediate32:
                    address = r[op.Destination & 15] + (ulong)op.Target;
                    if (!TryLocate(address, 4, true, out bytes, out index))
                    {
                        return FaultAccess(program, at, address, 4, true, remaining + slice);
                    }

                    BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(index, 4), (uint)op.Immediate);
                    break;
                case Operation.StoreImmediate64:
                    address = r[op.Destination & 15] + (ulong)op.Target;
                    if (!TryLocate(address, 8, true, out bytes, out index))
                    {
                        return FaultAccess(program, at, address, 8, true, remaining + slice);
                    }

                    BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(index, 8), (ulong)op.Immediate);
                    break;
                case Operation.Atomic32:
                    address = r[op.Destination & 15] + (ulong)op.Target;
                    if (!TryLocate(address, 4, true, out bytes, out index))
                    {
                        return FaultAccess(program, at, address, 4, true, remaining + slice);
                    }

                    Atomic32(bytes.AsSpan(index, 4), (AtomicOperation)op.Immediate, ref r[op.Source & 15], ref r[0]);
                    break;
                case Operation.Atomic64:
                    address = r[op.Destination & 15] + (ulong)op.Target;
                    if (!TryLocate(address, 8, true, out bytes, out index))
                    {
                        return FaultAccess(program, at, address, 8, true, remaining + slice);
                    }

                    Atomic64(bytes.AsSpan(index, 8), (AtomicOperation)op.Immediate, ref r[op.Source & 15], ref r[0]);
                    break;
                case Operation.CallHelper:
                case Operation.CallKernel:
                    {
                        HelperImplementation? helper = op.Operation == Operation.CallHelper ? _helpers.Find((int)op.Immediate) : _helpers.FindKernelFunction(op.Target);
                        if (helper is null)
                        {
                            return FaultAt(program, at, remaining + slice, FaultKind.UnknownHelper, null, $"{DescribeCall(op)} is not available here: {WhyNot(op)}");
                        }

                        // A helper that calls back spends of the same budget.
                        long left = remaining + slice;
                        _left = left;
                        ulong result = helper(this, r[1], r[2], r[3], r[4], r[5]);
                        if (_left != left)
                        {
                            remaining = _left;
                            slice = 0;
                        }

                        if (_failure is not null)
                        {
                            return FaultFrom(program, at, remaining + slice, $"{DescribeCall(op)}: ");
                        }

                        r[0] = result;
                        break;
                    }

                case Operation.TailCall:
                    if (FindTailCall(r[2], (uint)r[3]) is LoadedProgram target)
                    {
                        _tailCalls++;
                        program = target;
                        code = program.Code;
                        firstMap = PlaceMaps(program);
                        _program = program;
                        _firstMap = firstMap;
                        next = 0;
                    }
                    else if (_failure is not null)
                    {
                        return FaultFrom(program, at, remaining + slice, $"helper {HelperPrototypes.Describe(HelperId.TailCall)}: ");
                    }

                    break;
                case Operation.CallLocal:
                    if (_depth == MaxFrames - 1)
                    {
                        return FaultAt(program, at, remaining + slice, FaultKind.CallDepthExceeded, null, $"calls nested deeper than {MaxFrames} frames");
                    }

                    _frames[_depth] = new Frame { Program = program, Return = next, FirstMap = firstMap, R6 = r[6], R7 = r[7], R8 = r[8], R9 = r[9] };
                    EnterFrame();
                    r[10] = FrameTop(_depth);
                    next = op.Target;
                    break;
                case Operation.Exit:
                    {
                        if (_depth == floor)
                        {
                            if (floor == 0 && _referenceCount > 0)
                            {
                                return FaultAt(program, at, remaining + slice, FaultKind.UnreleasedReference, null, DescribeReferences());
                            }

                            _left = remaining + slice;
                            return new RunResult(r[0], _budget - _left, null);
                        }

                        LeaveFrame();
                        ref readonly Frame frame = ref _frames[_depth];
                        program = frame.Program;
                        code = program.Code;
                        firstMap = frame.FirstMap;
                        _program = program;
                        _firstMap = firstMap;
                        next = frame.Return;
                        r[6] = frame.R6;
                        r[7] = frame.R7;
                        r[8] = frame.R8;
                        r[9] = frame.R9;
                        r[10] = FrameTop(_depth);
                        break;
                    }

                default:
                    return FaultAt(program, at, remaining + slice, FaultKind.Unsupported, null, "this instruction needs a kernel: the address of a kernel variable");
            }
        }
    }

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

    private static void Atomic64(Span<byte> memory, AtomicOperation operation, ref ulong source, ref ulong r0)
    {
        ulong old = BinaryPrimitives.ReadUInt64LittleEndian(memory);
        BinaryPrimitives.WriteUInt64LittleEndian(memory, Combine(operation, old, source, old == r0));
        KeepOld(operation, old, ref source, ref r0);
    }

    private static void Atomic32(Span<byte> memory, AtomicOperation operation, ref ulong source, ref ulong r0)
    {
        uint old = BinaryPrimitives.ReadUInt32LittleEndian(memory);
        BinaryPrimitives.WriteUInt32LittleEndian(memory, (uint)Combine(operation, old, source, old == (uint)r0));
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
        call.Operation == Operation.CallHelper ? $"helper {HelperPrototypes.Describe((int)call.Immediate)}" : $"kernel function {KernelFunctions.Names[call.Target]}";

    private static string WhyNot(in DecodedInstruction call) =>
        call.Operation == Operation.CallHelper ? HelperAvailability.WhyNot((int)call.Immediate) : "this host does not provide it";

    private RunResult FaultAt(LoadedProgram program, int at, long left, FaultKind kind, ulong? address, string text)
    {
        _left = left;
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

    private RunResult FaultAccess(LoadedProgram program, int at, ulong address, int size, bool write, long left)
    {
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
