using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using ReuseportPS.Engine.Elf;
using ReuseportPS.Engine.Execution;
using ReuseportPS.Engine.Execution.Compilation;
using ReuseportPS.Engine.Helpers;
using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Programs;
using static ReuseportPS.Engine.Isa.Register;

namespace ReuseportPS.Engine.Tests.Execution;

/// <summary>Batches in lanes against the batch one by one, single runs and the interpreter: the same results, slots and counts.</summary>
public class LaneTests
{
    private static readonly HelperTable s_helpers = HelperTable.CreateDefault().Set(HelperId.SkSelectReuseport, SlotSelection.Implementation);

    private static int Widest => Vector512.IsHardwareAccelerated && Avx512F.IsSupported ? 16 : Vector256.IsHardwareAccelerated && Avx2.IsSupported ? 8 : 1;

    [Theory]
    [InlineData(1, 800)]
    [InlineData(2, 800)]
    public void Random_programs_do_the_same_in_all_ways(ulong seed, int programs) => Compare(seed, programs, allWays: 1);

    [Fact]
    [Trait("Category", "Soak")]
    public void Random_programs_do_the_same_in_all_ways_for_long()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("REUSEPORTPS_SOAK") == "1", "takes a quarter of an hour; set REUSEPORTPS_SOAK=1 to run it");
        string? programs = Environment.GetEnvironmentVariable("REUSEPORTPS_PROGRAMS");
        string? seed = Environment.GetEnvironmentVariable("REUSEPORTPS_SEED");
        Compare(
            seed is null ? 1000 : ulong.Parse(seed, CultureInfo.InvariantCulture),
            programs is null ? 200_000 : int.Parse(programs, CultureInfo.InvariantCulture),
            allWays: 4);
    }

    [Theory]
    [InlineData("b")]
    [InlineData("e")]
    public void A_program_of_the_benchmarks_runs_in_lanes(string name)
    {
        ElfObject read = ElfObject.Read(File.ReadAllBytes(RepositoryRoot.Combine("bench", "programs", "objects", name + ".o")), name);
        BpfMap[] maps = [.. read.Programs[0].Spec.Maps.Select(Create)];
        foreach (BpfMap map in maps.Where(map => map.Spec.Name == "sockets"))
        {
            map.SlotErrors = new int[map.Spec.MaxEntries];
        }

        Assert.Equal(Widest, CompiledProgram.Compile(LoadedProgram.Load(read.Programs[0].Spec, maps)).LanesFor(s_helpers));
    }

    [Fact]
    public void A_batch_of_any_size_does_the_same()
    {
        ProgramBuilder builder = new();
        Label odd = builder.NewLabel();
        builder.Add(Instructions.Load(MemorySize.Word, R2, R1, 4), Instructions.Load(MemorySize.HalfWord, R3, R1, 10), Instructions.Move(R6, R1))
            .JumpIf(JumpOperation.BitsSet, R2, 1, odd)
            .Add(Instructions.Alu32(AluOperation.Multiply, R2, 7), Instructions.Alu32(AluOperation.Xor, R2, R3))
            .Mark(odd)
            .Add(Instructions.Alu32(AluOperation.Modulo, R2, 6), Instructions.Store(MemorySize.Word, R10, -4, R2), Instructions.Move(R3, R10), Instructions.Alu64(AluOperation.Add, R3, -4))
            .Add(Instructions.Move(R1, R6), Instructions.LoadMap(R2, 0), Instructions.MoveImmediate(R4, 0), Instructions.CallHelper(HelperId.SkSelectReuseport), Instructions.Exit());
        World world = new(7);
        foreach (int[] errors in (int[][])[[], [0], [0, 0, 0, 0, 0], [0, 2, 0, 91, 0]])
        {
            world.Load(builder.Build(), errors);
            Assert.Equal(Widest, world.Lanes);
            for (int count = 0; count <= 40; count++)
            {
                world.Check(count);
            }
        }
    }

    [Theory]
    [InlineData(AluOperation.Divide, false)]
    [InlineData(AluOperation.Divide, true)]
    [InlineData(AluOperation.Modulo, false)]
    [InlineData(AluOperation.Modulo, true)]
    [InlineData(AluOperation.ShiftLeft, false)]
    [InlineData(AluOperation.ShiftRight, false)]
    [InlineData(AluOperation.ArithmeticShiftRight, false)]
    [InlineData(AluOperation.Multiply, false)]
    public void Operations_at_their_edges_do_the_same(AluOperation operation, bool signed)
    {
        Instruction made = Instructions.Alu32(operation, R0, R2);
        ProgramBuilder builder = new();
        builder.Add(Instructions.Load(MemorySize.Word, R0, R1, 0), Instructions.Load(MemorySize.Word, R2, R1, 4), signed ? made with { Offset = 1 } : made, Instructions.Exit());
        uint[] edges = [0, 1, 2, 3, 7, 10, 31, 32, 33, 63, 64, 255, 0x7ffffffe, 0x7fffffff, 0x80000000, 0x80000001, 0xaaaaaaaa, 0xfffffffd, 0xfffffffe, 0xffffffff];
        List<(uint, uint)> pairs = [.. from left in edges from right in edges select (left, right)];

        // About the multiples of a divisor a quotient is nearest to the next.
        ulong state = 5;
        for (int i = 0; i < 100_000; i++)
        {
            state = state * 6364136223846793005 + 1442695040888963407;
            uint divisor = (uint)(state >> 32) >> (int)(state >> 20 & 31);
            uint multiple = divisor == 0 ? 0 : (uint)(state >> 11) / divisor * divisor;
            pairs.AddRange([(multiple - 1, divisor), (multiple, divisor), (multiple + 1, divisor)]);
        }

        byte[] contexts = new byte[pairs.Count * 8 + 16];
        for (int i = 0; i < pairs.Count; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(contexts.AsSpan(i * 8), pairs[i].Item1);
            BinaryPrimitives.WriteUInt32LittleEndian(contexts.AsSpan(i * 8 + 4), pairs[i].Item2);
        }

        CompiledProgram program = CompiledProgram.Compile(LoadedProgram.Load(new ProgramSpec("test", ProgramType.Syscall, AttachType.None, builder.Build(), []), []));
        Machine machine = new(s_helpers);
        Assert.Equal(Widest, program.LanesFor(s_helpers));
        ulong[] expected = new ulong[pairs.Count];
        ulong[] actual = new ulong[pairs.Count];
        machine.Run(program, new ContextBatch(contexts, 16, 8, pairs.Count) { BeforeItem = static (_, _) => { } }, expected);
        machine.Run(program, new ContextBatch(contexts, 16, 8, pairs.Count), actual);
        for (int i = 0; i < pairs.Count; i++)
        {
            Assert.True(expected[i] == actual[i], $"{pairs[i]}: {actual[i]}, not {expected[i]}");
        }
    }

    [Theory]
    [InlineData(AluOperation.ShiftLeft)]
    [InlineData(AluOperation.ShiftRight)]
    [InlineData(AluOperation.ArithmeticShiftRight)]
    public void Shifts_of_64_bits_do_the_same_for_numbers_of_32(AluOperation operation)
    {
        World world = new(11);
        foreach (int by in (int[])[0, 1, 7, 31, 32, 33, 63])
        {
            foreach (MemorySize size in (MemorySize[])[MemorySize.Word, MemorySize.DoubleWord])
            {
                ProgramBuilder builder = new();
                builder.Add(Instructions.Load(MemorySize.Word, R0, R1, 8), Instructions.Load(size, R2, R1, 16), Instructions.Load(MemorySize.Word, R3, R1, 24))
                    .Add(Instructions.Alu64(operation, R0, by), Instructions.Alu64(operation, R2, R3), Instructions.Alu64(AluOperation.Xor, R0, R2))
                    .Add(Instructions.Move(R2, R0), Instructions.Alu64(AluOperation.ShiftRight, R2, 32), Instructions.Alu64(AluOperation.Xor, R0, R2));
                Mix(builder);
                world.Load(builder.Add(Instructions.Exit()).Build(), []);
                Assert.Equal(Widest, world.Lanes);
                world.Check(40);
            }
        }
    }

    [Fact]
    public void Shifts_both_ways_of_64_bits_are_no_rotation_of_32()
    {
        World world = new(12);
        ProgramBuilder builder = new();
        builder.Add(Instructions.Load(MemorySize.DoubleWord, R0, R1, 8), Instructions.Move(R3, R0), Instructions.Alu64(AluOperation.ShiftLeft, R0, 7))
            .Add(Instructions.Alu64(AluOperation.ShiftRight, R3, 25), Instructions.Alu64(AluOperation.Or, R0, R3));
        Mix(builder);
        world.Load(builder.Add(Instructions.Move32(R0, R0), Instructions.Exit()).Build(), []);
        Assert.Equal(Widest, world.Lanes);
        world.Check(40);
    }

    [Fact]
    public void Short_contexts_small_budgets_and_results_on_top_of_contexts_are_done_one_by_one()
    {
        ProgramBuilder builder = new();
        builder.Add(Instructions.Load(MemorySize.Word, R0, R1, 4), Instructions.Alu32(AluOperation.Add, R0, 1), Instructions.Exit());
        CompiledProgram program = CompiledProgram.Compile(LoadedProgram.Load(new ProgramSpec("test", ProgramType.Syscall, AttachType.None, builder.Build(), []), []));
        Machine machine = new(s_helpers);
        byte[] contexts = new byte[20 * 8];
        ulong[] results = new ulong[20];
        for (int i = 0; i < 20; i++)
        {
            contexts[i * 8 + 4] = (byte)i;
        }

        machine.Run(program, new ContextBatch(contexts, 8, 8, 20), results);
        Assert.Equal(Enumerable.Range(1, 20).Select(i => (ulong)i), results);
        machine.InstructionBudget = 2;
        BatchResult result = machine.Run(program, new ContextBatch(contexts, 8, 8, 20), results);
        Assert.Equal((20, 40L), (result.Faults.Length, result.InstructionCount));
        Assert.All(result.Faults, fault => Assert.Equal(FaultKind.BudgetExceeded, fault.Fault.Kind));
        machine.InstructionBudget = 3;

        // Each result becomes part of the context after the next.
        byte[] both = new byte[30 * 8];
        machine.Run(program, new ContextBatch(both, 24, 8, 20) { BeforeItem = static (_, _) => { } }, MemoryMarshal.Cast<byte, ulong>(both.AsSpan(12)));
        byte[] again = new byte[30 * 8];
        machine.Run(program, new ContextBatch(again, 24, 8, 20), MemoryMarshal.Cast<byte, ulong>(again.AsSpan(12)));
        Assert.Equal(both, again);
    }

    [Fact]
    public void Lanes_allocate_nothing()
    {
        World world = new(9);
        ProgramBuilder builder = new();
        builder.Add(Instructions.Load(MemorySize.Word, R0, R1, 4), Instructions.Alu32(AluOperation.Modulo, R0, 7), Instructions.Exit());
        world.Load(builder.Build(), [0]);
        Assert.Equal(Widest, world.Lanes);
        world.Check(40);
        Assert.Equal(0, world.Allocated(40));
    }

    // Enough to do that lanes are expected to gain.
    private static void Mix(ProgramBuilder builder)
    {
        for (int i = 0; i < 20; i++)
        {
            builder.Add(Instructions.Alu32(AluOperation.Add, R0, i), Instructions.Alu32(AluOperation.Xor, R0, 77));
        }
    }

    // In all ways one program of so many, in lanes and by the interpreter each.
    private static void Compare(ulong seed, int programs, int allWays)
    {
        int inLanes = 0;
        for (int i = 0; i < programs; i++)
        {
            ulong one = (seed << 32) + (ulong)i;
            World world = new(one);
            world.Load(AcyclicProgram.Make(one), (i % 4) switch { 0 => [], 1 => [0, 0, 0, 0, 0], _ => [0, 2, 0, 91, 0] });
            inLanes += world.Lanes > 1 ? 1 : 0;
            world.Check((int)(one * 0x9e3779b97f4a7c15 >> 33) % 41, inAllWays: i % allWays == 0);
        }

        Assert.True(Widest == 1 || inLanes > programs / 2, $"{inLanes} of {programs} programs run in lanes.");
    }

    private static BpfMap Create(MapSpec spec)
    {
        MapCreation creation = MapFactory.Create(spec, 1);
        Assert.Null(creation.Diagnostic);
        return creation.Map!;
    }

    /// <summary>A program with maps and contexts, and the ways to run it.</summary>
    private sealed class World
    {
        private const int Most = 40;
        private const int Stride = AcyclicProgram.ContextLength + 12;
        private const int Start = 4;

        private readonly Machine _machine = new(s_helpers);
        private readonly byte[] _contexts = new byte[Start + Most * Stride];
        private readonly BpfMap[] _maps = [.. AcyclicProgram.Maps.Select(Create)];
        private readonly ulong _seed;
        private LoadedProgram _program = null!;
        private CompiledProgram _compiled = null!;

        public World(ulong seed)
        {
            _seed = seed;
            ulong state = seed;
            byte Next() => (byte)((state = state * 6364136223846793005 + 1442695040888963407) >> 56);
            for (int i = 0; i < _contexts.Length; i++)
            {
                _contexts[i] = Next() switch { < 60 => 0, < 80 => 0xff, < 100 => 1, < 120 => 0x80, _ => Next() };
            }

            // What branches compare is the same, now and then.
            for (int i = 1; i < Most; i++)
            {
                if (Next() < 40)
                {
                    _contexts.AsSpan(Start + (i - 1) * Stride, AcyclicProgram.ContextLength).CopyTo(_contexts.AsSpan(Start + i * Stride));
                }
            }

            foreach (BpfMap map in _maps)
            {
                byte[] key = new byte[4];
                byte[] value = new byte[map.Spec.ValueSize];
                for (key[0] = 0; key[0] < map.Spec.MaxEntries; key[0]++)
                {
                    foreach (ref byte one in value.AsSpan())
                    {
                        one = Next();
                    }

                    map.Update(key, value);
                }
            }

            _machine.Environment.Cpu = (int)(seed & 3);
        }

        public int Lanes => _compiled.LanesFor(s_helpers);

        public void Load(ImmutableArray<Instruction> code, int[] errors)
        {
            _maps[AcyclicProgram.Sockets].SlotErrors = errors;
            _program = LoadedProgram.Load(new ProgramSpec("test", ProgramType.Syscall, AttachType.None, code, []), _maps);
            _compiled = CompiledProgram.Compile(_program);
        }

        public void Check(int count, bool inAllWays = true)
        {
            string interpreted = OneByOne(count, () => _machine.Run(_program));
            string single = inAllWays ? OneByOne(count, () => _machine.Run(_compiled)) : interpreted;
            string scalar = inAllWays ? InBatch(count, static (_, _) => { }) : interpreted;
            string lanes = InBatch(count, null);
            if (interpreted != single || interpreted != scalar || interpreted != lanes)
            {
                Assert.Fail($"seed 0x{_seed:x}, {count} items, {Lanes} lanes:\ninterpreted {interpreted}\ncompiled    {single}\nbatch       {scalar}\nlanes       {lanes}\n{List()}");
            }
        }

        public long Allocated(int count)
        {
            ContextBatch batch = new(_contexts, AcyclicProgram.ContextLength, Stride, count, Start);
            ulong[] results = new ulong[count];
            _machine.Run(_compiled, batch, results);
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 100; i++)
            {
                _machine.Run(_compiled, batch, results);
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        private string OneByOne(int count, Func<RunResult> run)
        {
            ulong[] results = new ulong[count];
            int[] slots = new int[count];
            long executed = 0;
            for (int i = 0; i < count; i++)
            {
                _machine.Context.SetFlat(_contexts, Start + i * Stride, AcyclicProgram.ContextLength, writable: false);
                RunResult result = run();
                Assert.Null(result.Fault);
                (results[i], slots[i]) = (result.ReturnValue, _machine.SelectedSlot);
                executed += result.InstructionCount;
            }

            return Describe(results, slots, executed);
        }

        private string InBatch(int count, Action<Machine, int>? beforeItem)
        {
            ulong[] results = new ulong[count];
            int[] slots = new int[count];
            ContextBatch batch = new(_contexts, AcyclicProgram.ContextLength, Stride, count, Start) { SelectedSlots = slots, BeforeItem = beforeItem };
            BatchResult result = _machine.Run(_compiled, batch, results);
            Assert.Empty(result.Faults);
            Assert.Equal(count == 0 ? -1 : slots[^1], _machine.SelectedSlot);
            return Describe(results, slots, result.InstructionCount);
        }

        private static string Describe(ulong[] results, int[] slots, long executed) =>
            $"{executed}: {string.Join(' ', results.Select((result, i) => string.Create(CultureInfo.InvariantCulture, $"{result:x}/{slots[i]}")))}";

        private string List() => string.Join('\n', _program.Spec.Instructions.Select(instruction =>
            $"{OpcodeTable.Find(instruction)!.Mnemonic} r{instruction.Destination} r{instruction.Source} {instruction.Offset} {instruction.Immediate} {instruction.NextImmediate}"));
    }
}
