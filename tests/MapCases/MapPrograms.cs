using System.Collections.Concurrent;
using System.Collections.Immutable;
using ReuseportPS.Engine.Helpers;
using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Programs;
using static ReuseportPS.Engine.Isa.Instructions;

namespace ReuseportPS.MapCases;

/// <summary>
/// Programs that do one thing to a map. Map 0 is that map, map 1 the <see cref="Arguments"/>: key and value are read there, the helper's result and what
/// it gave are left there. One program for each operation and map: loading costs more than running.
/// </summary>
internal static class MapPrograms
{
    public const int Key = 0;
    public const int Value = 512;
    public const int Given = 1024;
    public const int Flags = 1536;
    public const int Result = 1544;
    public const int Cpu = 1552;
    public const int Size = 1560;

    private static readonly ConcurrentDictionary<(string Operation, MapSpec Map, int Size), ProgramSpec> s_programs = new();

    /// <summary>The map that arguments are passed in.</summary>
    public static MapSpec Arguments { get; } = new("arguments", MapType.Array, 4, Size, 1);

    /// <summary>A program that does an operation.</summary>
    /// <param name="operation">lookup, lookupcpu, update, delete, push, pop, peek, query, output, submit, discard, pair, dynsubmit, dyndiscard, locked.</param>
    /// <param name="map">The map it is for.</param>
    /// <param name="size">Bytes of a record.</param>
    public static ProgramSpec Of(string operation, MapSpec map, int size = 0) =>
        s_programs.GetOrAdd((operation, map with { Contents = [] }, size), static key => Build(key.Operation, key.Map, key.Size));

    private static ProgramSpec Build(string operation, MapSpec map, int size)
    {
        ProgramBuilder code = new();
        Label end = code.NewLabel();
        code.Add(LoadMapValue(Register.R6, 1, 0), StoreImmediate(MemorySize.DoubleWord, Register.R6, Result, 0));
        switch (operation)
        {
            case "lookup" or "lookupcpu":
                code.Add(LoadMap(Register.R1, 0), Move(Register.R2, Register.R6), Load(MemorySize.Word, Register.R3, Register.R6, Cpu));
                code.Add(CallHelper(operation == "lookup" ? HelperId.MapLookupElement : HelperId.MapLookupPerCpuElement));
                code.JumpIf(JumpOperation.Equal, Register.R0, 0, end);
                Copy(code, Register.R0, 0, Register.R6, Given, map.ValueSize, map.SpinLockOffset);
                code.Add(StoreImmediate(MemorySize.DoubleWord, Register.R6, Result, 1));
                break;
            case "locked":
                // Adds 1 to the first byte that is not the lock's.
                int counter = map.SpinLockOffset == 0 ? SpinLockSize : 0;
                code.Add(LoadMap(Register.R1, 0), Move(Register.R2, Register.R6), CallHelper(HelperId.MapLookupElement));
                code.JumpIf(JumpOperation.Equal, Register.R0, 0, end);
                code.Add(Move(Register.R7, Register.R0), Move(Register.R1, Register.R0), Alu64(AluOperation.Add, Register.R1, map.SpinLockOffset!.Value), CallHelper(HelperId.SpinLock));
                code.Add(Load(MemorySize.Byte, Register.R8, Register.R7, (short)counter), Alu64(AluOperation.Add, Register.R8, 1), Store(MemorySize.Byte, Register.R7, (short)counter, Register.R8));
                code.Add(Move(Register.R1, Register.R7), Alu64(AluOperation.Add, Register.R1, map.SpinLockOffset!.Value), CallHelper(HelperId.SpinUnlock));
                code.Add(StoreImmediate(MemorySize.DoubleWord, Register.R6, Result, 1));
                break;
            case "update":
                Call(code, HelperId.MapUpdateElement, Key, Value);
                code.Add(Store(MemorySize.DoubleWord, Register.R6, Result, Register.R0));
                break;
            case "delete":
                Call(code, HelperId.MapDeleteElement, Key);
                code.Add(Store(MemorySize.DoubleWord, Register.R6, Result, Register.R0));
                break;
            case "push":
                Call(code, HelperId.MapPushElement, Value);
                code.Add(Store(MemorySize.DoubleWord, Register.R6, Result, Register.R0));
                break;
            case "pop" or "peek":
                Call(code, operation == "pop" ? HelperId.MapPopElement : HelperId.MapPeekElement, Given);
                code.Add(Store(MemorySize.DoubleWord, Register.R6, Result, Register.R0));
                break;
            case "query":
                Call(code, HelperId.RingBufferQuery);
                code.Add(Store(MemorySize.DoubleWord, Register.R6, Result, Register.R0));
                break;
            case "output":
                code.Add(LoadMap(Register.R1, 0), Move(Register.R2, Register.R6), Alu64(AluOperation.Add, Register.R2, Value), MoveImmediate(Register.R3, size));
                code.Add(Load(MemorySize.DoubleWord, Register.R4, Register.R6, Flags), CallHelper(HelperId.RingBufferOutput));
                code.Add(Store(MemorySize.DoubleWord, Register.R6, Result, Register.R0));
                break;
            case "submit" or "discard":
                Reserve(code, size);
                code.JumpIf(JumpOperation.Equal, Register.R0, 0, end);
                code.Add(Move(Register.R7, Register.R0));
                Copy(code, Register.R6, Value, Register.R7, 0, Math.Min(size, 64), null);
                Finish(code, Register.R7, operation == "submit" ? HelperId.RingBufferSubmit : HelperId.RingBufferDiscard);
                code.Add(StoreImmediate(MemorySize.DoubleWord, Register.R6, Result, 1));
                break;
            case "dynsubmit" or "dyndiscard":
                // A dynptr is released even when there is no record.
                code.Add(LoadMap(Register.R1, 0), MoveImmediate(Register.R2, size), Load(MemorySize.Word, Register.R3, Register.R6, Cpu));
                code.Add(Move(Register.R4, Register.R10), Alu64(AluOperation.Add, Register.R4, -16), CallHelper(HelperId.RingBufferReserveDynptr));
                code.Add(Store(MemorySize.DoubleWord, Register.R6, Result, Register.R0), Move(Register.R1, Register.R10), Alu64(AluOperation.Add, Register.R1, -16));
                code.Add(MoveImmediate(Register.R2, 1), Move(Register.R3, Register.R6), Alu64(AluOperation.Add, Register.R3, Value), MoveImmediate(Register.R4, 8), MoveImmediate(Register.R5, 0));
                code.Add(CallHelper(HelperId.DynptrWrite), Store(MemorySize.DoubleWord, Register.R6, Given, Register.R0));
                code.Add(Move(Register.R1, Register.R10), Alu64(AluOperation.Add, Register.R1, -16), Load(MemorySize.DoubleWord, Register.R2, Register.R6, Flags));
                code.Add(CallHelper(operation == "dynsubmit" ? HelperId.RingBufferSubmitDynptr : HelperId.RingBufferDiscardDynptr));
                break;
            default:
                // Two records at once; the second is finished first, and the first is discarded.
                Reserve(code, size);
                code.JumpIf(JumpOperation.Equal, Register.R0, 0, end);
                code.Add(Move(Register.R7, Register.R0));
                Copy(code, Register.R6, Value, Register.R7, 0, Math.Min(size, 64), null);
                Reserve(code, size);
                Label alone = code.NewLabel();
                code.JumpIf(JumpOperation.Equal, Register.R0, 0, alone);
                code.Add(Move(Register.R8, Register.R0));
                Copy(code, Register.R6, Value, Register.R8, 0, Math.Min(size, 64), null);
                Finish(code, Register.R8, HelperId.RingBufferSubmit);
                code.Add(StoreImmediate(MemorySize.DoubleWord, Register.R6, Result, 2));
                code.Mark(alone);
                Finish(code, Register.R7, HelperId.RingBufferDiscard);
                break;
        }

        ImmutableArray<Instruction> built = code.Mark(end).Add(MoveImmediate(Register.R0, 0), Exit()).Build();
        return new ProgramSpec(operation, ProgramType.SchedClassifier, AttachType.None, built, [map, Arguments]);
    }

    private const int SpinLockSize = 4;

    // A call with the map, addresses in the arguments, and the flags.
    private static void Call(ProgramBuilder code, int helper, params ReadOnlySpan<int> offsets)
    {
        code.Add(LoadMap(Register.R1, 0));
        Register register = Register.R2;
        foreach (int offset in offsets)
        {
            code.Add(Move(register, Register.R6), Alu64(AluOperation.Add, register, offset));
            register++;
        }

        code.Add(Load(MemorySize.DoubleWord, register, Register.R6, Flags), CallHelper(helper));
    }

    private static void Reserve(ProgramBuilder code, int size) =>
        code.Add(LoadMap(Register.R1, 0), MoveImmediate(Register.R2, size), MoveImmediate(Register.R3, 0), CallHelper(HelperId.RingBufferReserve));

    private static void Finish(ProgramBuilder code, Register record, int helper) =>
        code.Add(Move(Register.R1, record), Load(MemorySize.DoubleWord, Register.R2, Register.R6, Flags), CallHelper(helper));

    private static void Copy(ProgramBuilder code, Register from, int source, Register to, int target, int length, int? hole)
    {
        for (int i = 0; i < length; i++)
        {
            if (hole is not int at || i < at || i >= at + SpinLockSize)
            {
                code.Add(Load(MemorySize.Byte, Register.R1, from, (short)(source + i)), Store(MemorySize.Byte, to, (short)(target + i), Register.R1));
            }
        }
    }
}
