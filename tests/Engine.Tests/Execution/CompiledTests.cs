using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Execution;
using ReuseportPS.Engine.Execution.Compilation;
using ReuseportPS.Engine.Helpers;
using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Programs;
using ReuseportPS.RandomPrograms;
using static ReuseportPS.Engine.Isa.Register;

namespace ReuseportPS.Engine.Tests.Execution;

/// <summary>The compiled form against the interpreter: the same outcome, and the same memory afterwards.</summary>
public class CompiledTests
{
    [Theory]
    [InlineData(1, 3000)]
    [InlineData(2, 3000)]
    public void Random_programs_do_the_same_in_both_engines(ulong seed, int programs) => Compare(seed, programs);

    [Fact]
    [Trait("Category", "Soak")]
    public void Random_programs_do_the_same_in_both_engines_for_long()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("REUSEPORTPS_SOAK") == "1", "takes half an hour; set REUSEPORTPS_SOAK=1 to run it");
        string? programs = Environment.GetEnvironmentVariable("REUSEPORTPS_PROGRAMS");
        string? seed = Environment.GetEnvironmentVariable("REUSEPORTPS_SEED");
        Compare(
            seed is null ? 1000 : ulong.Parse(seed, CultureInfo.InvariantCulture),
            programs is null ? 1_000_000 : int.Parse(programs, CultureInfo.InvariantCulture));
    }

    [Fact]
    public void Runs_and_batches_allocate_nothing()
    {
        BpfMap table = MapFactory.Create(new MapSpec("table", MapType.Array, 4, 8, 4), 1).Map!;
        ProgramBuilder builder = new();
        Label function = builder.NewLabel();
        Label miss = builder.NewLabel();
        builder.Add(Instructions.Load(MemorySize.Word, R6, R1, 0), Instructions.StoreImmediate(MemorySize.Word, R10, -4, 1))
            .Add(Instructions.Move(R2, R10), Instructions.Alu64(AluOperation.Add, R2, -4), Instructions.LoadMap(R1, 0), Instructions.CallHelper(HelperId.MapLookupElement))
            .JumpIf(JumpOperation.Equal, R0, 0, miss)
            .Add(Instructions.MoveImmediate(R1, 1), Instructions.Atomic(MemorySize.DoubleWord, AtomicOperation.Add, R0, 0, R1), Instructions.CallHelper(HelperId.KtimeGetNanoseconds))
            .Call(function).Mark(miss).Add(Instructions.Alu64(AluOperation.Add, R0, R6), Instructions.Exit())
            .Mark(function).Add(Instructions.MoveImmediate(R0, 5), Instructions.Exit());
        CompiledProgram program = CompiledProgram.Compile(Load(builder, table));
        Machine machine = new();
        byte[] contexts = [1, 0, 0, 0, 2, 0, 0, 0];
        ContextBatch batch = new(contexts, 4, 4, 2);
        ulong[] results = new ulong[2];
        machine.Context.SetFlat(contexts, 0, 4, writable: false);
        Assert.Equal(6ul, machine.Run(program).ReturnValue);
        machine.Run(program, batch, results);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            machine.Run(program);
            machine.Run(program, batch, results);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.Equal([6ul, 7ul], results);
        byte[] value = new byte[8];
        table.Lookup([1, 0, 0, 0], value);
        Assert.Equal(303ul, BinaryPrimitives.ReadUInt64LittleEndian(value));
    }

    [Fact]
    public void A_fault_of_one_item_leaves_the_others_alone()
    {
        ProgramBuilder builder = new();
        builder.Add(Instructions.Load(MemorySize.DoubleWord, R2, R1, 0), Instructions.Alu64(AluOperation.Add, R1, R2), Instructions.Load(MemorySize.Byte, R0, R1, 0), Instructions.Exit());
        byte[] contexts = new byte[24];
        contexts[0] = 1;
        contexts[8] = 50;
        contexts[16] = 7;
        ulong[] results = [9, 9, 9];
        BatchResult result = new Machine().Run(CompiledProgram.Compile(Load(builder)), new ContextBatch(contexts, 8, 8, 3), results);
        Assert.Equal([0ul, 0ul, 0ul], results);
        BatchFault fault = Assert.Single(result.Faults);
        Assert.Equal((1, FaultKind.OutOfBounds, 2), (fault.Item, fault.Fault.Kind, fault.Fault.Instruction));
        Assert.Equal(4 + 3 + 4, result.InstructionCount);
    }

    [Fact]
    public void An_address_that_wraps_into_32_bits_is_computed_from_64_by_the_interpreter_too()
    {
        ProgramBuilder builder = new();
        Label join = builder.NewLabel();
        builder.Add(Instructions.Move32(R3, R1)).JumpIf(JumpOperation.Equal, R1, 0, join).Add(Instructions.MoveImmediate(R8, 1)).Mark(join)
            .Add(Instructions.Alu64(AluOperation.Or, R3, -3), Instructions.Load(MemorySize.Byte, R0, R3, 12), Instructions.Exit());
        LoadedProgram program = Load(builder);
        Machine machine = new();
        machine.Context.SetFlat(new byte[64], 0, 64, writable: true);
        RunResult expected = machine.Run(program);
        Assert.Equal(FaultKind.NullAccess, expected.Fault?.Kind);
        Assert.Equal(expected, machine.Run(CompiledProgram.Compile(program)));
    }

    [Theory]
    [InlineData(JumpOperation.Equal, 0, true)]
    [InlineData(JumpOperation.Equal, 0, false)]
    [InlineData(JumpOperation.NotEqual, 0, true)]
    [InlineData(JumpOperation.NotEqual, 0, false)]
    [InlineData(JumpOperation.GreaterThan, 0, true)]
    [InlineData(JumpOperation.LessThan, 1, true)]
    [InlineData(JumpOperation.LessThan, 1, false)]
    [InlineData(JumpOperation.SignedGreaterThan, 0, true)]
    [InlineData(JumpOperation.SignedLessThan, 0, false)]
    [InlineData(JumpOperation.BitsSet, -1, true)]
    [InlineData(JumpOperation.BitsSet, -1, false)]
    public void A_rotation_is_compared_by_its_own_bits(JumpOperation comparison, int with, bool is32)
    {
        // Whatever was computed before has left the flags of a processor in either state.
        foreach (AluOperation joined in (AluOperation[])[AluOperation.Or, AluOperation.Xor])
        {
            foreach (int added in (int[])[0, 5])
            {
                ProgramBuilder builder = new();
                Label taken = builder.NewLabel();
                builder.Add(Instructions.Load(MemorySize.DoubleWord, R2, R1, 0), Instructions.Load(MemorySize.DoubleWord, R4, R1, 8));
                Rotate(builder, joined, is32);
                Instruction sum = is32 ? Instructions.Alu32(AluOperation.Xor, R2, added) : Instructions.Alu64(AluOperation.Xor, R2, added);
                builder.Add(Instructions.Move(R0, R4), Instructions.Alu64(AluOperation.Subtract, R0, 7), sum);
                with = comparison is JumpOperation.Equal or JumpOperation.NotEqual ? added : with;
                (is32 ? builder.JumpIf32(comparison, R2, with, taken) : builder.JumpIf(comparison, R2, with, taken))
                    .Add(Instructions.Alu64(AluOperation.Add, R0, 1000)).Mark(taken).Add(Instructions.Exit());
                CompareRuns(Load(builder));
            }
        }
    }

    [Theory]
    [InlineData(AluOperation.Divide, true)]
    [InlineData(AluOperation.Divide, false)]
    [InlineData(AluOperation.Modulo, true)]
    [InlineData(AluOperation.Modulo, false)]
    public void A_rotation_divides_unless_it_is_0(AluOperation operation, bool is32)
    {
        ProgramBuilder builder = new();
        builder.Add(Instructions.Load(MemorySize.DoubleWord, R2, R1, 0), Instructions.Load(MemorySize.DoubleWord, R0, R1, 8));
        Rotate(builder, AluOperation.Or, is32);
        CompareRuns(Load(builder.Add(is32 ? Instructions.Alu32(operation, R0, R2) : Instructions.Alu64(operation, R0, R2), Instructions.Exit())));
    }

    [Fact]
    public void A_rotation_finds_the_only_entry_if_it_is_0()
    {
        ProgramBuilder builder = new();
        builder.Add(Instructions.Load(MemorySize.DoubleWord, R2, R1, 0));
        Rotate(builder, AluOperation.Or, is32: true);
        builder.Add(Instructions.Store(MemorySize.Word, R10, -4, R2), Instructions.Move(R2, R10), Instructions.Alu64(AluOperation.Add, R2, -4), Instructions.LoadMap(R1, 0))
            .Add(Instructions.CallHelper(HelperId.MapLookupElement), Instructions.Exit());
        CompareRuns(Load(builder, MapFactory.Create(new MapSpec("one", MapType.Array, 4, 8, 1), 1).Map!));
    }

    [Fact]
    public void A_long_run_ends_at_its_budget_or_when_it_is_cancelled()
    {
        ProgramBuilder builder = new();
        Label loop = builder.NewLabel();
        LoadedProgram program = Load(builder.Mark(loop).Add(Instructions.Alu64(AluOperation.Add, R0, 1)).JumpIf(JumpOperation.NotEqual, R0, 0, loop).Add(Instructions.Exit()));
        Machine machine = new();
        Assert.Equal(machine.Run(program), machine.Run(CompiledProgram.Compile(program)));
        machine.InstructionBudget = long.MaxValue;
        using CancellationTokenSource source = new(TimeSpan.FromMilliseconds(50));
        Assert.Throws<OperationCanceledException>(() => machine.Run(CompiledProgram.Compile(program), source.Token));
        machine.InstructionBudget = 10;
        Assert.Equal(FaultKind.BudgetExceeded, machine.Run(CompiledProgram.Compile(program)).Fault!.Kind);
    }

    // By 0 or all bits both shifts leave the number as it is: or-ed it is that number, xor-ed it is 0.
    [Theory]
    [InlineData(AluOperation.Or, true, false)]
    [InlineData(AluOperation.Or, false, false)]
    [InlineData(AluOperation.Xor, true, false)]
    [InlineData(AluOperation.Xor, false, false)]
    [InlineData(AluOperation.Xor, true, true)]
    [InlineData(AluOperation.Xor, false, true)]
    [InlineData(AluOperation.Add, true, false)]
    public void Shifts_by_a_number_in_both_directions_are_joined_as_they_are(AluOperation joined, bool is32, bool negates)
    {
        ProgramBuilder builder = new();
        builder.Add(Instructions.Load(MemorySize.DoubleWord, R0, R1, 0), Instructions.Load(MemorySize.DoubleWord, R4, R1, 8), Instructions.Move(R3, R0), Instructions.MoveImmediate(R5, is32 ? 32 : 64));
        if (negates)
        {
            builder.Add(Instructions.Move(R5, R4), Instructions.Negate(R5));
        }
        else
        {
            builder.Add(Instructions.Alu64(AluOperation.Subtract, R5, R4));
        }

        CompareRuns(Load((is32
            ? builder.Add(Instructions.Alu32(AluOperation.ShiftLeft, R0, R4), Instructions.Alu32(AluOperation.ShiftRight, R3, R5), Instructions.Alu32(joined, R0, R3))
            : builder.Add(Instructions.Alu64(AluOperation.ShiftLeft, R0, R4), Instructions.Alu64(AluOperation.ShiftRight, R3, R5), Instructions.Alu64(joined, R0, R3)))
            .Add(Instructions.Exit())));
    }

    // A mask of bits that a shift drops is left out where the number is known to have no others.
    [Theory]
    [InlineData(MemorySize.Byte, 0xc0, 6)]
    [InlineData(MemorySize.Byte, 0x40, 6)]
    [InlineData(MemorySize.Byte, -64, 6)]
    [InlineData(MemorySize.Byte, 0xff, 0)]
    [InlineData(MemorySize.HalfWord, 0xc0, 6)]
    [InlineData(MemorySize.Word, -256, 8)]
    [InlineData(MemorySize.DoubleWord, -256, 8)]
    [InlineData(MemorySize.DoubleWord, -256, 4)]
    public void Masked_numbers_are_shifted_as_they_are(MemorySize size, int mask, int by)
    {
        foreach (bool masksHalf in (bool[])[false, true])
        {
            foreach (bool shiftsHalf in (bool[])[false, true])
            {
                CompareRuns(Load(new ProgramBuilder()
                    .Add(Instructions.Load(size, R0, R1, 0))
                    .Add(masksHalf ? Instructions.Alu32(AluOperation.And, R0, mask) : Instructions.Alu64(AluOperation.And, R0, mask))
                    .Add(shiftsHalf ? Instructions.Alu32(AluOperation.ShiftRight, R0, by) : Instructions.Alu64(AluOperation.ShiftRight, R0, by))
                    .Add(Instructions.Exit())));
            }
        }
    }

    // A branch to a block that only sets registers, and on to where both ways meet.
    [Fact]
    public void Registers_set_on_one_way_are_not_seen_on_the_other()
    {
        ProgramBuilder builder = new();
        Label swap = builder.NewLabel();
        Label meet = builder.NewLabel();
        builder.Add(Instructions.Load(MemorySize.DoubleWord, R2, R1, 0), Instructions.Load(MemorySize.DoubleWord, R3, R1, 8), Instructions.MoveImmediate(R0, 5));
        builder.JumpIf(JumpOperation.GreaterThan, R2, R3, swap).Add(Instructions.Alu64(AluOperation.Add, R0, R2)).Jump(meet);
        builder.Mark(swap).Add(Instructions.Move(R4, R2), Instructions.Move(R2, R3), Instructions.Move(R3, R4), Instructions.Alu32(AluOperation.Move, R0, R2));
        builder.Mark(meet).Add(Instructions.Alu64(AluOperation.Subtract, R3, R2), Instructions.Alu64(AluOperation.Xor, R0, R3), Instructions.Exit());
        CompareRuns(Load(builder));
    }

    // What is written between the loads of single bytes is not seen by those before it.
    [Theory]
    [InlineData(2, true, -1)]
    [InlineData(4, true, -1)]
    [InlineData(4, false, -1)]
    [InlineData(8, true, -1)]
    [InlineData(8, false, -1)]
    [InlineData(4, true, 0)]
    [InlineData(4, false, 2)]
    [InlineData(8, true, 5)]
    public void A_number_put_together_from_bytes_is_read_as_they_were(int bytes, bool swapped, int written)
    {
        foreach (bool wide in (bool[])[true, bytes == 8])
        {
            ProgramBuilder builder = new();
            builder.Add(Instructions.Load(MemorySize.DoubleWord, R2, R1, 8), Instructions.Store(MemorySize.DoubleWord, R10, -8, R2));
            for (int i = 0; i < bytes; i++)
            {
                int shift = 8 * (swapped ? bytes - 1 - i : i);
                Register into = i == 0 ? R0 : R3;
                builder.Add(
                    Instructions.Load(MemorySize.Byte, into, R10, (short)(i - 8)),
                    wide ? Instructions.Alu64(AluOperation.ShiftLeft, into, shift) : Instructions.Alu32(AluOperation.ShiftLeft, into, shift));
                if (i > 0)
                {
                    builder.Add(wide ? Instructions.Alu64(AluOperation.Or, R0, R3) : Instructions.Alu32(AluOperation.Or, R0, R3));
                }

                if (i == written)
                {
                    builder.Add(Instructions.StoreImmediate(MemorySize.Byte, R10, (short)(i - 8), 0x5a));
                }
            }

            CompareRuns(Load(builder.Add(Instructions.Exit())));
        }
    }

    [Theory]
    [InlineData(0x20, 0x10, 0x10)]
    [InlineData(0x20, 0x10, 0x30)]
    [InlineData(0x20, 0x10, 0x20)]
    [InlineData(0x21, 1, 1)]
    [InlineData(0x21, 1, 0x21)]
    [InlineData(-1, 1, 1)]
    [InlineData(7, -8, -8)]
    public void Bits_that_are_set_before_a_comparison_are_compared(int mask, int set, int with)
    {
        foreach (bool is32 in (bool[])[false, true])
        {
            ProgramBuilder builder = new();
            Label equal = builder.NewLabel();
            builder.Add(Instructions.Load(MemorySize.DoubleWord, R2, R1, 8));
            builder.Add(is32
                ? [Instructions.Alu32(AluOperation.And, R2, mask), Instructions.Alu32(AluOperation.Or, R2, set)]
                : (ReadOnlySpan<Instruction>)[Instructions.Alu64(AluOperation.And, R2, mask), Instructions.Alu64(AluOperation.Or, R2, set)]);
            builder.Add(Instructions.MoveImmediate(R0, 1));
            _ = is32 ? builder.JumpIf32(JumpOperation.Equal, R2, with, equal) : builder.JumpIf(JumpOperation.Equal, R2, with, equal);
            builder.Add(Instructions.MoveImmediate(R0, 2)).Mark(equal).Add(Instructions.Exit());
            CompareRuns(Load(builder));
        }
    }

    // Both ways away bring the same value of r0, and then two.
    [Theory]
    [InlineData(JumpOperation.LessThan, JumpOperation.GreaterThan)]
    [InlineData(JumpOperation.LessOrEqual, JumpOperation.GreaterOrEqual)]
    [InlineData(JumpOperation.GreaterThan, JumpOperation.LessThan)]
    [InlineData(JumpOperation.GreaterOrEqual, JumpOperation.LessOrEqual)]
    [InlineData(JumpOperation.LessThan, JumpOperation.LessOrEqual)]
    [InlineData(JumpOperation.SignedLessThan, JumpOperation.GreaterThan)]
    [InlineData(JumpOperation.LessThan, JumpOperation.SignedGreaterThan)]
    public void Two_comparisons_with_numbers_lead_where_they_led(JumpOperation first, JumpOperation second)
    {
        foreach ((int low, int high) in from low in (int[])[0, 7, -1] from high in (int[])[7, 0x400, -1] select (low, high))
        {
            foreach ((bool is32, bool isAlso32, MemorySize size) in (ReadOnlySpan<(bool, bool, MemorySize)>)[
                (false, false, MemorySize.DoubleWord), (true, true, MemorySize.DoubleWord), (true, false, MemorySize.DoubleWord), (false, false, MemorySize.Word), (false, true, MemorySize.Word)])
            {
                foreach (bool sameValue in (bool[])[true, false])
                {
                    ProgramBuilder builder = new();
                    Label outside = builder.NewLabel();
                    builder.Add(Instructions.Load(size, R2, R1, 0), Instructions.MoveImmediate(R0, 1));
                    _ = is32 ? builder.JumpIf32(first, R2, low, outside) : builder.JumpIf(first, R2, low, outside);
                    if (!sameValue)
                    {
                        builder.Add(Instructions.MoveImmediate(R0, 2));
                    }

                    _ = isAlso32 ? builder.JumpIf32(second, R2, high, outside) : builder.JumpIf(second, R2, high, outside);
                    builder.Add(Instructions.MoveImmediate(R0, 3)).Mark(outside).Add(Instructions.Alu64(AluOperation.Add, R0, 5), Instructions.Exit());
                    CompareRuns(Load(builder));
                }
            }
        }
    }

    // The second of the two is wanted once more behind the operation, in every other case.
    [Theory]
    [InlineData(AluOperation.Xor)]
    [InlineData(AluOperation.Subtract)]
    public void An_operation_on_what_two_ways_hand_over_is_done_on_both(AluOperation operation)
    {
        foreach ((bool is32, bool wantedAgain) in (ReadOnlySpan<(bool, bool)>)[(false, false), (false, true), (true, false), (true, true)])
        {
            ProgramBuilder builder = new();
            Label other = builder.NewLabel();
            Label join = builder.NewLabel();
            builder.Add(Instructions.Load(MemorySize.DoubleWord, R2, R1, 0), Instructions.Load(MemorySize.DoubleWord, R3, R1, 8)).JumpIf(JumpOperation.GreaterThan, R2, R3, other);
            builder.Add(Instructions.Load(MemorySize.Word, R4, R1, 4), Instructions.Load(MemorySize.DoubleWord, R5, R1, 8)).Jump(join).Mark(other);
            builder.Add(Instructions.Load(MemorySize.DoubleWord, R4, R1, 8), Instructions.Load(MemorySize.Byte, R5, R1, 3)).Mark(join);
            builder.Add(is32 ? Instructions.Alu32(operation, R4, R5) : Instructions.Alu64(operation, R4, R5), Instructions.Move(R0, R4), Instructions.Alu64(AluOperation.Multiply, R0, 31));
            if (wantedAgain)
            {
                builder.Add(Instructions.Alu64(AluOperation.Xor, R0, R5));
            }

            CompareRuns(Load(builder.Add(Instructions.Exit())));
        }
    }

    // r2, by 21 bits to the left.
    private static void Rotate(ProgramBuilder builder, AluOperation joined, bool is32)
    {
        builder.Add(Instructions.Move(R3, R2));
        _ = is32
            ? builder.Add(Instructions.Alu32(AluOperation.ShiftLeft, R2, 21), Instructions.Alu32(AluOperation.ShiftRight, R3, 11), Instructions.Alu32(joined, R2, R3))
            : builder.Add(Instructions.Alu64(AluOperation.ShiftLeft, R2, 21), Instructions.Alu64(AluOperation.ShiftRight, R3, 43), Instructions.Alu64(joined, R2, R3));
    }

    // Over contexts of two numbers: alone, bound, in lanes and in a batch.
    private static void CompareRuns(LoadedProgram program)
    {
        ulong[] numbers = [0, 1, 0x400, 7, 8, 32, 64, 0xfffffffe, ulong.MaxValue, 1ul << 42];
        byte[] contexts = [.. from first in numbers from second in numbers from part in (ulong[])[first, second] from one in BitConverter.GetBytes(part) select one];
        CompiledProgram compiled = CompiledProgram.Compile(program);
        Machine machine = new();
        RunResult[] expected = new RunResult[contexts.Length / 16];
        for (int i = 0; i < expected.Length; i++)
        {
            machine.Context.SetFlat(contexts, i * 16, 16, writable: false);
            expected[i] = machine.Run(program);
            Assert.Equal(expected[i], machine.Run(compiled));
        }

        foreach (bool counts in (bool[])[true, false])
        {
            BoundProgram bound = machine.Bind(compiled, contexts, 16, countsInstructions: counts);
            for (int i = 0; i < expected.Length; i++)
            {
                Assert.Equal(expected[i].ReturnValue, bound.Run(i * 16));
                Assert.Equal(counts ? expected[i].InstructionCount : 0, bound.InstructionCount);
            }

            ulong[] results = new ulong[expected.Length];
            foreach (Action<Machine, int>? beforeItem in (Action<Machine, int>?[])[null, static (_, _) => { }])
            {
                ContextBatch batch = new(contexts, 16, 16, expected.Length) { BeforeItem = beforeItem, CountsInstructions = counts };
                Assert.Equal(counts ? expected.Sum(run => run.InstructionCount) : 0, machine.Run(compiled, batch, results).InstructionCount);
                Assert.Equal(expected.Select(run => run.ReturnValue), results);
            }
        }
    }

    private static LoadedProgram Load(ProgramBuilder builder, params BpfMap[] maps) =>
        LoadedProgram.Load(new ProgramSpec("test", ProgramType.Syscall, AttachType.None, builder.Build(), []), maps);

    /// <summary>Holds programs to the interpreter: compiled, every fourth as a batch, and bound, of many programs every seventh since a class for each takes the longest.</summary>
    private static void Compare(ulong seed, int programs)
    {
        int boundOneIn = programs <= 10_000 ? 1 : 7;
        World interpreted = new();
        World compiled = new();
        int faults = 0;
        for (int i = 0; i < programs; i++)
        {
            ulong one = (seed << 32) + (ulong)i;
            ImmutableArray<Instruction> code = RandomProgram.Make(one, tame: i % 4 == 0);
            interpreted.Begin(one, code);
            compiled.Begin(one, code);
            RunResult result = interpreted.Interpret();
            string expected = interpreted.Describe(result);
            faults += interpreted.Faulted ? 1 : 0;
            string actual = compiled.Describe(compiled.Compile());
            if (expected != actual)
            {
                Assert.Fail($"seed 0x{one:x}, tame {i % 4 == 0}:\ninterpreted {expected}\ncompiled    {actual}\n{List(code)}");
            }

            if (i % boundOneIn == 0)
            {
                compiled.Begin(one, code);
                RunResult bound = compiled.RunBound();
                actual = compiled.Describe(compiled.Counts ? bound : bound with { InstructionCount = result.InstructionCount });
                if (expected != actual)
                {
                    Assert.Fail($"bound, seed 0x{one:x}, tame {i % 4 == 0}:\ninterpreted {expected}\nbound       {actual}\n{List(code)}");
                }
            }

            if (i % 4 == 1)
            {
                interpreted.Begin(one, code);
                compiled.Begin(one, code);
                expected = interpreted.Describe(interpreted.InterpretItems());
                actual = compiled.Describe(compiled.RunBatch());
                if (expected != actual)
                {
                    Assert.Fail($"batch, seed 0x{one:x}:\ninterpreted {expected}\ncompiled    {actual}\n{List(code)}");
                }
            }
        }

        Assert.InRange(faults, 1, programs * 3 / 4);
    }

    private static string List(ImmutableArray<Instruction> code) => string.Join('\n', code.Select(instruction =>
        $"{OpcodeTable.Find(instruction)!.Mnemonic} r{instruction.Destination} r{instruction.Source} {instruction.Offset} {instruction.Immediate} {instruction.NextImmediate}"));

    /// <summary>A machine with maps and memory, always in the same state for the same seed.</summary>
    private sealed class World
    {
        private const int Items = 3;
        private const int Stride = 80;

        private readonly Machine _plain = new(HelperTable.CreateDefault().Set(HelperId.SkSelectReuseport, SlotSelection.Implementation));
        private readonly Machine _replaced = new(HelperTable.CreateDefault()
            .Set(HelperId.SkSelectReuseport, SlotSelection.Implementation)
            .Set(HelperId.GetSmpProcessorId, static (machine, _, _, _, _, _) => (ulong)machine.Environment.Cpu + 7));
        private Machine _machine = null!;
        private int[] _selected = [];
        private readonly byte[] _contexts = new byte[Items * Stride];
        private readonly byte[] _packet = new byte[64];
        private readonly PacketRange[] _ranges = new PacketRange[Items];
        private BpfMap[] _maps = [];
        private LoadedProgram _program = null!;
        private bool _sharesCode;
        private bool _isWritable;

        public bool Faulted { get; private set; }

        public bool Counts { get; private set; }

        public void Begin(ulong seed, ImmutableArray<Instruction> code)
        {
            _machine = seed % 16 == 6 ? _replaced : _plain;
            ulong state = seed;
            ulong Next() => state = state * 6364136223846793005 + 1442695040888963407;
            for (int i = 0; i < _contexts.Length; i++)
            {
                _contexts[i] = (byte)(Next() >> 56);
            }

            for (int i = 0; i < _packet.Length; i++)
            {
                _packet[i] = (byte)(Next() >> 56);
            }

            for (int i = 0; i < Items; i++)
            {
                int length = (int)(Next() >> 58);
                _ranges[i] = new PacketRange((int)(Next() >> 32) % (64 - length + 1) is int start and >= 0 ? start : 0, length);
                BinaryPrimitives.WriteUInt64LittleEndian(_contexts.AsSpan(i * Stride), Machine.PacketAddress);
                BinaryPrimitives.WriteUInt64LittleEndian(_contexts.AsSpan(i * Stride + 8), Machine.PacketAddress + (uint)length);
            }

            _maps = [.. RandomProgram.Maps.Select(spec => Make(spec))];
            _maps[RandomProgram.Sockets].SlotErrors = [0, 2, 0, 91, 0];
            OuterMap outer = (OuterMap)_maps[RandomProgram.Outer];
            outer.UpdateMap([0, 0, 0, 0], Make(RandomProgram.InnerMap));
            outer.UpdateMap([1, 0, 0, 0], Make(RandomProgram.InnerMap));
            byte[] key = new byte[8];
            byte[] value = new byte[32];
            for (int i = 0; i < 12; i++)
            {
                BpfMap map = _maps[(int)(Next() >> 40) % RandomProgram.Outer];
                key[0] = (byte)(Next() >> 61);
                BinaryPrimitives.WriteUInt64LittleEndian(value, Next());
                _ = map.Update(key.AsSpan(0, map.Spec.KeySize), value.AsSpan(0, map.UserValueSize));
            }

            ProgramArray calls = (ProgramArray)_maps[RandomProgram.Calls];
            calls.UpdateProgram([0, 0, 0, 0], Load([.. RandomProgram.Make(seed + 1, tame: true)]));
            _program = Load(code);
            calls.UpdateProgram([1, 0, 0, 0], _program);
            _sharesCode = (seed >> 3) % 2 == 1;
            _isWritable = seed % 8 != 3;
            Counts = seed % 8 is not (1 or 2 or 4);
            _machine.Context.SetFlat(_contexts, 0, RandomProgram.ContextLength, _isWritable);
            _machine.Packet.SetFlat(_packet, 0, _ranges[0].Length, writable: seed % 8 == 5);
            BinaryPrimitives.WriteUInt64LittleEndian(_contexts.AsSpan(8), Machine.PacketAddress + (ulong)(_ranges[0].Length + (seed % 16 == 9 ? 3 : 0)));
            ExecutionEnvironment environment = _machine.Environment;
            environment.Cpu = seed % 32 == 7 ? 5 : (int)(seed & 1);
            environment.MonotonicTime = Next();
            environment.RandomState = Next();
            _machine.InstructionBudget = seed % 5 == 2 ? (long)(Next() >> 56) : seed % 5 == 3 ? (long)(Next() >> 54) : 3000;
        }

        public RunResult Interpret()
        {
            RunResult result = _machine.Run(_program);
            _selected = [_machine.SelectedSlot];
            return result;
        }

        public RunResult Compile()
        {
            RunResult result = _machine.Run(Code());
            _selected = [_machine.SelectedSlot];
            return result;
        }

        /// <summary>The program compiled; every other one with the code of the same program that was compiled for other maps.</summary>
        private CompiledProgram Code()
        {
            if (_sharesCode)
            {
                BpfMap[] others = [.. RandomProgram.Maps.Select(spec => Make(spec))];
                others[RandomProgram.Sockets].SlotErrors = [2, 2];
                CompiledProgram like = CompiledProgram.Compile(LoadedProgram.Load(_program.Spec, others), ContextLayout.Reuseport);
                return CompiledProgram.Compile(_program, ContextLayout.Reuseport, like);
            }

            return CompiledProgram.Compile(_program, ContextLayout.Reuseport);
        }

        public RunResult RunBound()
        {
            BoundProgram bound = _machine.Bind(Code(), _contexts, RandomProgram.ContextLength, _isWritable, Counts);
            ulong result = bound.Run(0);
            _selected = [bound.SelectedSlot];
            return new RunResult(result, bound.InstructionCount, bound.Fault);
        }

        public RunResult[] InterpretItems()
        {
            RunResult[] results = new RunResult[Items];
            _selected = new int[Items];
            for (int i = 0; i < Items; i++)
            {
                _machine.Context.SetFlat(_contexts, i * Stride, RandomProgram.ContextLength, writable: true);
                _machine.Packet.SetFlat(_packet, _ranges[i].Start, _ranges[i].Length, writable: false);
                RunResult result = _machine.Run(_program);
                results[i] = Counts ? result : result with { InstructionCount = 0 };
                _selected[i] = _machine.SelectedSlot;
            }

            return results;
        }

        public RunResult[] RunBatch()
        {
            ulong[] values = new ulong[Items];
            ContextBatch batch = new(_contexts, RandomProgram.ContextLength, Stride, Items) { Packets = _packet, Ranges = _ranges, Writable = true, SelectedSlots = _selected = new int[Items], CountsInstructions = Counts };
            BatchResult result = _machine.Run(Code(), batch, values);
            RunResult[] results = [.. values.Select((value, i) => new RunResult(value, 0, result.Faults.FirstOrDefault(fault => fault.Item == i).Fault))];
            results[0] = results[0] with { InstructionCount = result.InstructionCount };
            return results;
        }

        public string Describe(params RunResult[] results)
        {
            Faulted = results[0].Fault is not null;
            string runs = string.Join(", ", results.Select(result => string.Create(CultureInfo.InvariantCulture, $"0x{result.ReturnValue:x} {result.Fault?.Kind} {result.Fault} {result.Fault?.Address:x} {result.Fault?.Program}")));
            long count = results.Sum(result => result.InstructionCount);
            return $"{runs} after {count}, selected {string.Join(' ', _selected)} {Convert.ToHexStringLower(_contexts)} {Convert.ToHexStringLower(_packet)} {string.Join(' ', _maps.Select(Dump))}";
        }

        private static string Dump(BpfMap map)
        {
            if (map is OuterMap outer)
            {
                return string.Join(' ', Enumerable.Range(0, 3).Select(i => outer.FindMap([(byte)i, 0, 0, 0]) is BpfMap inner ? Dump(inner) : "-"));
            }

            List<string> entries = [];
            byte[] key = [];
            byte[] next = new byte[map.Spec.KeySize];
            byte[] value = new byte[map.UserValueSize];
            while (map.NextKey(key, next) == Errno.None)
            {
                key = [.. next];
                entries.Add(map.Lookup(key, value) == Errno.None ? $"{Convert.ToHexStringLower(key)}={Convert.ToHexStringLower(value)}" : "-");
            }

            return string.Join(' ', entries);
        }

        private static BpfMap Make(MapSpec spec)
        {
            MapCreation creation = MapFactory.Create(spec, 2);
            Assert.Null(creation.Diagnostic);
            return creation.Map!;
        }

        private LoadedProgram Load(ImmutableArray<Instruction> code) =>
            LoadedProgram.Load(new ProgramSpec("random", ProgramType.Syscall, AttachType.None, code, []), _maps);
    }
}
