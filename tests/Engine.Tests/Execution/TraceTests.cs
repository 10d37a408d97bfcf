using System.Text.Json.Nodes;
using CsCheck;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Execution;
using ReuseportPS.Engine.Execution.Tracing;
using ReuseportPS.Engine.Helpers;
using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Programs;
using static ReuseportPS.Engine.Isa.Register;

namespace ReuseportPS.Engine.Tests.Execution;

public class TraceTests
{
    private readonly Machine _machine = new();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_traced_run_and_one_near_the_end_of_its_budget_come_out_as_a_plain_one(bool corpus)
    {
        string path = corpus ? TestData.SharedCorpus("fuzz_public.jsonl") : TestData.PathOf("Execution", "vectors.jsonl");
        int compared = 0;
        foreach ((int line, JsonObject vector) in TestData.Lines(path))
        {
            byte[] code = Convert.FromHexString((string)(vector["code"] ?? vector["bytecode_hex"])!);
            byte[] memory = Convert.FromHexString((string?)(vector["mem"] ?? vector["input_hex"] ?? vector["mem_hex"]) ?? "");
            DecodeResult decoded = InstructionCodec.Decode(code);
            ProgramSpec spec = new("vector", ProgramType.Syscall, AttachType.None, decoded.Succeeded ? decoded.Instructions : [], []);
            if (!LoadedProgram.TryLoad(spec, [], out LoadedProgram? program, out _))
            {
                continue;
            }

            compared++;
            (RunResult Result, byte[] Memory) plain = Run(memory, r1 => _machine.Run(program, r1, (ulong)memory.Length));
            ExecutionTrace? trace = null;
            (RunResult Result, byte[] Memory) traced = Run(memory, r1 => (trace = _machine.Trace(program, r1, (ulong)memory.Length, maxSteps: 300)).Result);
            AssertSame(line, plain, traced);
            Assert.Equal(Math.Min(300, plain.Result.InstructionCount), trace!.Steps.Length);
            Assert.Equal(plain.Result.InstructionCount <= 300, trace.IsComplete);

            // What it needs is enough, and one less is not.
            foreach (long missing in (long[])[0, 1])
            {
                _machine.InstructionBudget = plain.Result.InstructionCount - missing;
                (RunResult Result, byte[] Memory) close = Run(memory, r1 => _machine.Run(program, r1, (ulong)memory.Length));
                _machine.InstructionBudget = 1_000_000;
                if (missing == 0)
                {
                    AssertSame(line, plain, close);
                }
                else
                {
                    Assert.Equal((line, FaultKind.BudgetExceeded), (line, close.Result.Fault?.Kind));
                }
            }
        }

        Assert.True(compared >= 850, $"only {compared} vectors");
    }

    // A plain run has fused instructions, a traced one has not. Jumps lead into the middle of what is fused.
    [Fact]
    public void Fused_instructions_do_what_they_do_one_by_one()
    {
        Gen<Register> register = Gen.Int[0, 3].Select(number => (Register)number);
        Gen<int> shift = OneOf(32, 32, 5, 63);
        Gen<Instruction> any = Gen.Frequency(
            (4, Gen.Select(register, register, Instructions.Move)),
            (2, Gen.Select(register, register, Instructions.Move32)),
            (2, Gen.Select(OneOf(AluOperation.Add, AluOperation.And), register, Gen.Int, Instructions.Alu64)),
            (2, Gen.Select(OneOf(AluOperation.Add, AluOperation.And), register, Gen.Int, Instructions.Alu32)),
            (4, Gen.Select(OneOf(AluOperation.ShiftLeft, AluOperation.ShiftRight), register, shift, Instructions.Alu64)),
            (2, Gen.Select(OneOf(AluOperation.ShiftLeft, AluOperation.ShiftRight), register, Gen.Int[0, 31], Instructions.Alu32)),
            (4, Gen.Select(OneOf(AluOperation.Add, AluOperation.And, AluOperation.Xor), register, register, Instructions.Alu64)),
            (1, Gen.Select(OneOf(MemorySize.Byte, MemorySize.HalfWord, MemorySize.Word, MemorySize.DoubleWord), register, (size, source) => Instructions.Store(size, R10, -8, source))),
            (1, Gen.Select(OneOf(MemorySize.Byte, MemorySize.HalfWord, MemorySize.Word, MemorySize.DoubleWord), register, (size, destination) => Instructions.Load(size, destination, R10, -8))),
            (2, Gen.Select(register, Gen.Int[-1, 1], Gen.Int[0, 2], (tested, value, distance) => Instructions.JumpIf(JumpOperation.SignedGreaterThan, tested, value, (short)distance))));

        // Sequences that are fused, and nearly: small numbers, so that comparisons meet their edges.
        Gen<int> small = Gen.Int[0, 4];
        Gen<short> distance = Gen.Int[0, 2].Select(instructions => (short)instructions);
        Gen<Instruction[]> sequence = Gen.Frequency(
            (3, Gen.Select(register, register, small, OneOf(JumpOperation.Equal, JumpOperation.NotEqual), distance, (copy, of, mask, jump, to) =>
                (Instruction[])[Instructions.Move(copy, of), Instructions.Alu64(AluOperation.And, copy, mask), Instructions.JumpIf(jump, copy, 0, to)])),
            (3, Gen.Select(register, small, small, distance, (tested, least, most, to) =>
                (Instruction[])[Instructions.JumpIf(JumpOperation.LessThan, tested, least, (short)(to + 1)), Instructions.JumpIf(JumpOperation.GreaterThan, tested, most, to)])),
            (3, Gen.Select(register, register, register, small, (from, what, other, number) =>
                (Instruction[])[Instructions.Alu64(AluOperation.Subtract, from, what), Instructions.MoveImmediate(other, number)])),
            (2, Gen.Select(register, shift, (into, by) => (Instruction[])[Instructions.Load(MemorySize.Byte, into, R6, 0), Instructions.Alu64(AluOperation.ShiftLeft, into, by)])),
            (3, Gen.Select(register, register, OneOf(JumpOperation.LessThan, JumpOperation.LessOrEqual), distance, (into, with, jump, to) =>
                (Instruction[])[Instructions.Load(MemorySize.Word, into, R6, 0), jump == JumpOperation.LessThan ? Instructions.JumpIf(jump, with, into, to) : Instructions.JumpIf(jump, into, with, to)])),
            (2, Gen.Select(register, small, (into, number) => (Instruction[])[Instructions.MoveImmediate(into, number)])),
            (2, register.Select(of => (Instruction[])[Instructions.Store(MemorySize.DoubleWord, R10, -8, of)])));
        Gen.OneOf(any.Select(one => (Instruction[])[one]), sequence).Array[2, 30].Sample(
            parts =>
            {
                Instruction[] body = [Instructions.Move(R6, R10), Instructions.Alu64(AluOperation.Add, R6, -8), .. parts.SelectMany(part => part)];
                Instruction[] end = [.. Enumerable.Repeat(Instructions.Alu64(AluOperation.Add, R0, 0), 2), .. ((Register[])[R1, R2, R3]).SelectMany(other =>
                    (Instruction[])[Instructions.Alu64(AluOperation.Multiply, R0, 31), Instructions.Alu64(AluOperation.Add, R0, other)]), Instructions.Exit()];
                LoadedProgram program = LoadedProgram.Load(new ProgramSpec(
                    "fused", ProgramType.SkReuseport, AttachType.None,
                    [Instructions.LoadImmediate64(R0, 0x8123456789abcdef), Instructions.LoadImmediate64(R3, 0xfedcba9876543210), .. body, .. end], []));
                Assert.Equal(_machine.Trace(program).Result, _machine.Run(program));
            },
            iter: 10000, threads: 1);
    }

    [Fact]
    public void A_step_tells_registers_memory_helper_and_branch()
    {
        BpfMap map = MapFactory.Create(new MapSpec("seats", MapType.Array, 4, 8, 4), 1).Map!;
        Assert.Equal(Errno.None, map.Update([2, 0, 0, 0], [9, 0, 0, 0, 0, 0, 0, 0]));
        LoadedProgram program = LoadedProgram.Load(
            new ProgramSpec("main", ProgramType.SkReuseport, AttachType.None,
            [
                Instructions.StoreImmediate(MemorySize.Word, R10, -4, 2),
                Instructions.Move(R2, R10), Instructions.Alu64(AluOperation.Add, R2, -4), Instructions.LoadMap(R1, 0), Instructions.CallHelper(HelperId.MapLookupElement),
                Instructions.JumpIf(JumpOperation.NotEqual, R0, 0, 1), Instructions.Exit(),
                Instructions.StoreImmediate(MemorySize.HalfWord, R0, 0, 5), Instructions.JumpIf(JumpOperation.Equal, R0, 0, -2), Instructions.Exit(),
            ],
            [map.Spec]), map);
        ExecutionTrace trace = _machine.Trace(program);
        Assert.True(trace.IsComplete && trace.Result.Succeeded);
        Assert.Equal([0, 1, 2, 3, 4, 5, 7, 8, 9], trace.Steps.Select(x => x.Index));
        Assert.Equal([0, 1, 2, 3, 5, 6, 8, 9, 10], trace.Steps.Select(x => x.Slot));
        Assert.Equal(program.Spec.Instructions[7], trace.Steps[6].Instruction);
        Assert.All(trace.Steps.Zip(trace.Steps.Skip(1)), pair => Assert.Equal(pair.First.After, pair.Second.Before));

        MemoryAccess store = Assert.Single(trace.Steps[0].Memory);
        Assert.Equal(("stack frame 0", 4, true, "00000000", "02000000"), (store.Region, store.Size, store.IsWrite, Hex(store.Before), Hex(store.After)));

        TracedCall call = trace.Steps[4].Call!;
        Assert.Equal(("bpf_map_lookup_elem", 1, "seats", "02000000"), (call.Name, call.Helper, call.Map, Hex([.. call.Key])));
        Assert.Equal([trace.Steps[4].Before[1], trace.Steps[4].Before[2]], call.Arguments);
        Assert.Equal(call.Result, trace.Steps[5].Before[0]);
        Assert.Equal(("map 'seats'", "0900", "0500"), (trace.Steps[6].Memory[0].Region, Hex(trace.Steps[6].Memory[0].Before), Hex(trace.Steps[6].Memory[0].After)));
        Assert.Equal([null, null, null, null, null, true, null, false, null], trace.Steps.Select(x => x.BranchTaken));
    }

    [Fact]
    public void Callbacks_local_calls_and_tail_calls_are_in_their_place()
    {
        ProgramArray programs = (ProgramArray)MapFactory.Create(new MapSpec("tail", MapType.ProgArray, 4, 4, 2), 1).Map!;
        LoadedProgram second = LoadedProgram.Load(new ProgramSpec("second", ProgramType.SkReuseport, AttachType.None, [Instructions.MoveImmediate(R0, 7), Instructions.Exit()], []));
        Assert.Equal(Errno.None, programs.UpdateProgram([1, 0, 0, 0], second));
        LoadedProgram program = LoadedProgram.Load(
            new ProgramSpec("first", ProgramType.SkReuseport, AttachType.None,
            [
                Instructions.Move(R6, R1),
                Instructions.MoveImmediate(R1, 2), Instructions.WideLoad(WideLoadKind.Function, R2, 11, 0), Instructions.MoveImmediate(R3, 0), Instructions.MoveImmediate(R4, 0),
                Instructions.CallHelper(HelperId.Loop), Instructions.CallLocal(6),
                Instructions.Move(R1, R6), Instructions.LoadMap(R2, 0), Instructions.MoveImmediate(R3, 1), Instructions.CallHelper(HelperId.TailCall), Instructions.Exit(),
                Instructions.MoveImmediate(R0, 0), Instructions.Exit(),
            ],
            [programs.Spec]), programs);
        ExecutionTrace trace = _machine.Trace(program);
        Assert.Equal(7ul, trace.Result.ReturnValue);
        Assert.Equal(Enumerable.Range(0, trace.Steps.Length), trace.Steps.Select(x => x.Number));
        Assert.Equal([0, 1, 2, 3, 4, 5, 12, 13, 12, 13, 6, 12, 13, 7, 8, 9, 10, 0, 1], trace.Steps.Select(x => x.Index));
        Assert.Equal([0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 0, 1, 1, 0, 0, 0, 0, 0, 0], trace.Steps.Select(x => x.Depth));
        Assert.Equal(2ul, trace.Steps[5].Call!.Result);
        Assert.Equal(1ul, trace.Steps[8].Before[1]);
        Assert.Equal(trace.Steps[5].After[6], trace.Steps[5].Before[6]);
        Assert.Equal(("second", "second"), (trace.Steps[16].TailCall, trace.Steps[17].Program.Name));
    }

    [Fact]
    public void The_step_that_faults_is_the_last()
    {
        ExecutionTrace trace = _machine.Trace(LoadedProgram.Load(new ProgramSpec(
            "fault", ProgramType.SkReuseport, AttachType.None,
            [Instructions.MoveImmediate(R1, 8), Instructions.Load(MemorySize.DoubleWord, R0, R1, 0), Instructions.Exit()], [])));
        Assert.Equal(FaultKind.NullAccess, trace.Result.Fault?.Kind);
        MemoryAccess access = Assert.Single(trace.Steps[^1].Memory);
        Assert.Equal((1, null, 8ul, 8), (trace.Steps[^1].Index, access.Region, access.Address, access.Size));
    }

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static string Hex(System.Collections.Immutable.ImmutableArray<byte> bytes) => Convert.ToHexStringLower(bytes.AsSpan());

    private static void AssertSame(int line, (RunResult Result, byte[] Memory) expected, (RunResult Result, byte[] Memory) actual)
    {
        Assert.Equal((line, expected.Result), (line, actual.Result));
        Assert.Equal(expected.Memory, actual.Memory);
    }

    private (RunResult Result, byte[] Memory) Run(byte[] memory, Func<ulong, RunResult> run)
    {
        byte[] copy = [.. memory];
        _machine.Context.SetFlat(copy, 0, copy.Length, writable: true);
        return (run(copy.Length == 0 ? 0 : Machine.ContextAddress), copy);
    }
}
