using System.Buffers.Binary;
using System.Collections.Immutable;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Execution;
using ReuseportPS.Engine.Helpers;
using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Programs;
using static ReuseportPS.Engine.Isa.Register;

namespace ReuseportPS.Engine.Tests.Execution;

public class MachineTests
{
    private readonly Machine _machine = new();

    [Fact]
    public void A_pointer_to_an_array_value_writes_in_place_and_sees_later_writes()
    {
        BpfMap map = Make(new MapSpec("array", MapType.Array, 4, 8, 4));
        Set(map, 2, 40ul);
        LoadedProgram program = Load([map], Lookup(0, 2, [Instructions.Load(MemorySize.DoubleWord, R1, R0, 0), Instructions.Alu64(AluOperation.Add, R1, 2), Instructions.Store(MemorySize.DoubleWord, R0, 0, R1), Instructions.Move(R0, R1)]));

        Assert.Equal(42ul, Value(program));
        Set(map, 2, 100ul);
        Assert.Equal(102ul, Value(program));
        Assert.Equal(102ul, Get(map, 2));
    }

    [Fact]
    public void A_pointer_to_a_replaced_hash_value_keeps_the_old_value()
    {
        BpfMap map = Make(new MapSpec("hash", MapType.Hash, 4, 8, 4));
        Set(map, 2, 40ul);
        LoadedProgram program = Load([map], Lookup(0, 2,
        [
            Instructions.Move(R6, R0),
            Instructions.StoreImmediate(MemorySize.DoubleWord, R10, -16, 77),
            Instructions.LoadMap(R1, 0), Instructions.Move(R2, R10), Instructions.Alu64(AluOperation.Add, R2, -4),
            Instructions.Move(R3, R10), Instructions.Alu64(AluOperation.Add, R3, -16), Instructions.MoveImmediate(R4, 0),
            Instructions.CallHelper(HelperId.MapUpdateElement), Instructions.Load(MemorySize.DoubleWord, R0, R6, 0),
        ]));

        Assert.Equal(40ul, Value(program));
        Assert.Equal(77ul, Get(map, 2));
    }

    [Theory]
    [InlineData(MapType.PerCpuArray)]
    [InlineData(MapType.PerCpuHash)]
    public void A_per_cpu_value_is_that_of_the_current_cpu(MapType type)
    {
        BpfMap map = Make(new MapSpec("percpu", type, 4, 8, 4), cpus: 3);
        byte[] values = new byte[24];
        Assert.Equal(Errno.None, map.Update([1, 0, 0, 0], values));
        LoadedProgram program = Load([map], Lookup(0, 1, [Instructions.MoveImmediate(R1, 1), Instructions.Atomic(MemorySize.DoubleWord, AtomicOperation.Add, R0, 0, R1), Instructions.MoveImmediate(R0, 0)]));
        foreach (int cpu in (int[])[2, 0, 2])
        {
            _machine.Environment.Cpu = cpu;
            Value(program);
        }

        Assert.Equal(Errno.None, map.Lookup([1, 0, 0, 0], values));
        Assert.Equal([1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0], values);

        LoadedProgram other = Load([map], Lookup(0, 1, [Instructions.Load(MemorySize.DoubleWord, R0, R0, 0)], HelperId.MapLookupPerCpuElement, cpu: 2));
        _machine.Environment.Cpu = 1;
        Assert.Equal(2ul, Value(other));
        Assert.Equal(99ul, Value(Load([map], Lookup(0, 1, [], HelperId.MapLookupPerCpuElement, cpu: 3))));
    }

    [Fact]
    public void An_insert_by_a_program_zeroes_the_other_cpus()
    {
        BpfMap map = Make(new MapSpec("percpu", MapType.PerCpuHash, 4, 8, 4), cpus: 2);
        Assert.Equal(Errno.None, map.Update([9, 0, 0, 0], Enumerable.Repeat((byte)0xee, 16).ToArray()));
        Assert.Equal(Errno.None, map.Delete([9, 0, 0, 0]));
        _machine.Environment.Cpu = 1;
        Assert.Equal(0ul, Value(Load([map], Update(key: 1, value: 5, flags: 0))));
        byte[] values = new byte[16];
        Assert.Equal(Errno.None, map.Lookup([1, 0, 0, 0], values));
        Assert.Equal([0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0], values);
    }

    [Theory]
    [InlineData(0, 0L)]
    [InlineData(1, -17L)]
    [InlineData(3, -22L)]
    public void An_update_by_a_program_returns_the_errno_negated(int flags, long expected)
    {
        BpfMap map = Make(new MapSpec("array", MapType.Array, 4, 8, 4));
        Assert.Equal(expected, (long)Value(Load([map], Update(1, 5, flags))));
        Assert.Equal(-7L, (long)Value(Load([map], Update(4, 5, 0))));
    }

    [Fact]
    public void A_delete_by_a_program_returns_the_errno_negated()
    {
        BpfMap hash = Make(new MapSpec("hash", MapType.Hash, 4, 8, 4));
        Set(hash, 7, 1ul);
        LoadedProgram program = Load([hash], [.. KeyOnStack(7), Instructions.LoadMap(R1, 0), Instructions.CallHelper(HelperId.MapDeleteElement), Instructions.Exit()]);
        Assert.Equal(0L, (long)Value(program));
        Assert.Equal(-2L, (long)Value(program));
        Assert.Equal(-22L, (long)Value(Load([Make(new MapSpec("array", MapType.Array, 4, 8, 4))], program.Spec.Instructions)));
    }

    [Fact]
    public void Inner_maps_are_found_by_the_program_and_swapped_by_the_host()
    {
        MapSpec template = new("inner", MapType.Array, 4, 8, 2, MapFlags.InnerMap);
        OuterMap outer = (OuterMap)Make(new MapSpec("outer", MapType.ArrayOfMaps, 4, 4, 3) { Inner = template });
        LoadedProgram program = Load([outer], Lookup(0, 1,
        [
            Instructions.Move(R1, R0), Instructions.Move(R2, R10), Instructions.Alu64(AluOperation.Add, R2, -4), Instructions.CallHelper(HelperId.MapLookupElement),
            Instructions.JumpIf(JumpOperation.Equal, R0, 0, 1), Instructions.Load(MemorySize.DoubleWord, R0, R0, 0),
        ]));
        Assert.Equal(99ul, Value(program));
        foreach (ulong value in (ulong[])[11, 22])
        {
            BpfMap inner = Make(template with { MaxEntries = 5 });
            Set(inner, 1, value);
            Assert.Equal(Errno.None, outer.UpdateMap([1, 0, 0, 0], inner));
            Assert.Equal(value, Value(program));
        }
    }

    [Fact]
    public void Two_machines_may_share_maps_and_find_them()
    {
        MapSpec template = new("inner", MapType.Array, 4, 8, 2);
        OuterMap outer = (OuterMap)Make(new MapSpec("outer", MapType.HashOfMaps, 4, 4, 3) { Inner = template });
        for (int key = 0; key < 3; key++)
        {
            BpfMap inner = Make(template);
            Set(inner, 0, 100 + (ulong)key);
            byte[] bytes = new byte[4];
            BinaryPrimitives.WriteInt32LittleEndian(bytes, key);
            Assert.Equal(Errno.None, outer.UpdateMap(bytes, inner));
        }

        LoadedProgram Reader(int key) => Load([outer], Lookup(0, key,
        [
            Instructions.Move(R1, R0), Instructions.StoreImmediate(MemorySize.Word, R10, -4, 0), Instructions.Move(R2, R10), Instructions.Alu64(AluOperation.Add, R2, -4),
            Instructions.CallHelper(HelperId.MapLookupElement), Instructions.Load(MemorySize.DoubleWord, R0, R0, 0),
        ]));
        LoadedProgram[] readers = [Reader(0), Reader(1), Reader(2)];
        Machine other = new();
        foreach (int key in (int[])[0, 1, 2, 2, 1, 0, 0])
        {
            Assert.Equal(100 + (ulong)key, Value(readers[key]));
            Assert.Equal(102 - (ulong)key, other.Run(readers[2 - key]).ReturnValue);
        }
    }

    [Theory]
    [InlineData(0, 5)]
    [InlineData(1, 6)]
    [InlineData(2, -22)]
    [InlineData(9, -22)]
    public void A_tail_call_replaces_the_program_and_falls_through_when_it_cannot(int index, long expected)
    {
        ProgramArray programs = (ProgramArray)Make(new MapSpec("jumps", MapType.ProgArray, 4, 4, 3));
        BpfMap array = Make(new MapSpec("array", MapType.Array, 4, 8, 1));
        Set(array, 0, 6ul);
        Assert.Equal(Errno.None, programs.UpdateProgram([0, 0, 0, 0], Load([], [Instructions.MoveImmediate(R0, 5), Instructions.Exit()])));
        Assert.Equal(Errno.None, programs.UpdateProgram([1, 0, 0, 0], Load([array], Lookup(0, 0, [Instructions.Load(MemorySize.DoubleWord, R0, R0, 0)]))));
        Assert.Equal(expected, (long)Value(Load([programs], TailCall(index))));
    }

    [Fact]
    public void Tail_calls_end_after_33()
    {
        ProgramArray programs = (ProgramArray)Make(new MapSpec("jumps", MapType.ProgArray, 4, 4, 1));
        BpfMap counter = Make(new MapSpec("counter", MapType.Array, 4, 8, 1));
        LoadedProgram self = Load([programs, counter],
        [
            Instructions.LoadMapValue(R3, 1, 0), Instructions.MoveImmediate(R4, 1), Instructions.Atomic(MemorySize.DoubleWord, AtomicOperation.Add, R3, 0, R4), .. TailCall(0),
        ]);
        Assert.Equal(Errno.None, programs.UpdateProgram([0, 0, 0, 0], self));
        Assert.Equal(-22L, (long)Value(self));
        Assert.Equal(34ul, Get(counter, 0));
    }

    [Fact]
    public void Tail_calls_to_empty_places_are_not_counted()
    {
        ProgramArray programs = (ProgramArray)Make(new MapSpec("jumps", MapType.ProgArray, 4, 4, 2));
        Assert.Equal(Errno.None, programs.UpdateProgram([0, 0, 0, 0], Load([], [Instructions.MoveImmediate(R0, 7), Instructions.Exit()])));
        Instruction[] empty = [Instructions.LoadMap(R2, 0), Instructions.MoveImmediate(R3, 1), Instructions.CallHelper(HelperId.TailCall)];
        Assert.Equal(7ul, Value(Load([programs], [.. Enumerable.Repeat(empty, 40).SelectMany(x => x), .. TailCall(0)])));
    }

    [Fact]
    public void A_tail_call_from_a_local_function_returns_to_the_caller_and_its_maps()
    {
        ProgramArray programs = (ProgramArray)Make(new MapSpec("jumps", MapType.ProgArray, 4, 4, 1));
        BpfMap one = Make(new MapSpec("one", MapType.Array, 4, 8, 1));
        BpfMap two = Make(new MapSpec("two", MapType.Array, 4, 8, 1));
        Set(one, 0, 1ul);
        Set(two, 0, 20ul);
        Assert.Equal(Errno.None, programs.UpdateProgram([0, 0, 0, 0], Load([two], [Instructions.LoadMapValue(R1, 0, 0), Instructions.Load(MemorySize.DoubleWord, R0, R1, 0), Instructions.Exit()])));
        LoadedProgram program = Load([one, programs],
        [
            Instructions.CallLocal(5), Instructions.LoadMapValue(R1, 0, 0), Instructions.Load(MemorySize.DoubleWord, R1, R1, 0), Instructions.Alu64(AluOperation.Add, R0, R1), Instructions.Exit(),
            Instructions.LoadMap(R2, 1), Instructions.MoveImmediate(R3, 0), Instructions.CallHelper(HelperId.TailCall), Instructions.Exit(),
        ]);
        Assert.Equal(21ul, Value(program));
    }

    [Theory]
    [InlineData(MapFlags.None, 1, 0, 8, FaultKind.OutOfBounds)]
    [InlineData(MapFlags.None, 8, -1, 8, FaultKind.OutOfBounds)]
    [InlineData(MapFlags.ReadOnlyProgram, 8, 0, 8, FaultKind.AccessDenied)]
    public void A_store_past_a_value_or_into_a_read_only_map_faults(MapFlags flags, int size, short offset, int valueSize, FaultKind kind)
    {
        // One byte past the value of the middle entry, one byte before it, or a map that programs may only read.
        BpfMap map = Make(new MapSpec("values", MapType.Array, 4, valueSize, 3, flags));
        MemorySize width = size == 1 ? MemorySize.Byte : MemorySize.DoubleWord;
        LoadedProgram program = Load([map], Lookup(0, 1, [Instructions.StoreImmediate(width, R0, (short)(size == 1 ? valueSize : offset), 1)]));
        Fault fault = _machine.Run(program).Fault!;
        Assert.Equal(kind, fault.Kind);
        Assert.Contains("map 'values'", fault.Text, StringComparison.Ordinal);
        Assert.Equal(10, fault.Instruction);
    }

    [Fact]
    public void Odd_value_sizes_are_exact()
    {
        BpfMap map = Make(new MapSpec("odd", MapType.Array, 4, 13, 3));
        Assert.Null(_machine.Run(Load([map], Lookup(0, 2, [Instructions.Load(MemorySize.Byte, R0, R0, 12)]))).Fault);
        Assert.Equal(FaultKind.OutOfBounds, _machine.Run(Load([map], Lookup(0, 2, [Instructions.Load(MemorySize.Byte, R0, R0, 13)]))).Fault!.Kind);
        Assert.Equal(FaultKind.OutOfBounds, _machine.Run(Load([map], Lookup(0, 2, [Instructions.Load(MemorySize.DoubleWord, R0, R0, 6)]))).Fault!.Kind);
    }

    [Fact]
    public void Read_only_context_and_packet_fault_on_a_store()
    {
        _machine.Context.SetFlat(new byte[56], 0, 56, writable: false);
        _machine.Packet.SetFlat(new byte[20], 8, 8, writable: false);
        Fault fault = _machine.Run(Load([], [Instructions.StoreImmediate(MemorySize.Word, R1, 16, 1), Instructions.Exit()])).Fault!;
        Assert.Equal((FaultKind.AccessDenied, 0, Machine.ContextAddress + 16), (fault.Kind, fault.Instruction, fault.Address!.Value));
        Assert.Contains("the context is read-only", fault.Text, StringComparison.Ordinal);

        LoadedProgram read = Load([], [Instructions.LoadImmediate64(R1, Machine.PacketAddress), Instructions.Load(MemorySize.DoubleWord, R0, R1, 0), Instructions.Load(MemorySize.Byte, R0, R1, 8), Instructions.Exit()]);
        fault = _machine.Run(read).Fault!;
        Assert.Equal((FaultKind.OutOfBounds, 3), (fault.Kind, fault.Instruction));
    }

    [Fact]
    public void A_helper_of_the_host_reads_writes_and_fails()
    {
        HelperTable helpers = HelperTable.CreateDefault().Set(26, static (machine, _, offset, to, length, _) =>
        {
            if (!machine.TryWrite(to, (int)length, out Span<byte> bytes))
            {
                return 0;
            }

            bytes.Fill((byte)offset);
            return 3;
        });
        Machine machine = new(helpers);
        Instruction[] Code(int length) =>
        [
            Instructions.MoveImmediate(R2, 0x5a), Instructions.Move(R3, R10), Instructions.Alu64(AluOperation.Add, R3, -8), Instructions.MoveImmediate(R4, length),
            Instructions.CallHelper(26), Instructions.Load(MemorySize.Byte, R1, R10, -1), Instructions.Alu64(AluOperation.Add, R0, R1), Instructions.Exit(),
        ];
        Assert.Equal(0x5dul, machine.Run(Load([], Code(8))).ReturnValue);
        Fault fault = machine.Run(Load([], Code(9))).Fault!;
        Assert.Equal((FaultKind.OutOfBounds, 4), (fault.Kind, fault.Instruction));
        Assert.StartsWith("helper 26 (skb_load_bytes): 9-byte store at 0x8000001f8: outside stack frame 0", fault.Text, StringComparison.Ordinal);
        Assert.Equal(0x5dul, machine.Run(Load([], Code(8))).ReturnValue);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    public void A_negative_length_is_a_fault(int length)
    {
        BpfMap map = Make(new MapSpec("values", MapType.Array, 4, 16, 3));
        Machine machine = new(HelperTable.CreateDefault().Set(200, static (machine, address, size, _, _, _) => machine.TryRead(address, (int)size, out _) ? 1ul : 0));
        RunResult result = machine.Run(Load([map], Lookup(0, 1, [Instructions.Move(R1, R0), Instructions.Alu64(AluOperation.Add, R1, 4), Instructions.MoveImmediate(R2, length), Instructions.CallHelper(200)])));
        Assert.Equal(FaultKind.OutOfBounds, result.Fault?.Kind);
    }

    [Fact]
    public void A_helper_calls_a_function_of_the_program_within_the_same_budget()
    {
        Machine machine = new(CallingTwice());
        RunResult run = machine.Run(Callback(R2));
        Assert.Equal((138ul, 19L), (run.ReturnValue, run.InstructionCount));

        machine.InstructionBudget = 15;
        run = machine.Run(Callback(R2));
        Assert.Equal((FaultKind.BudgetExceeded, 15L, 13), (run.Fault!.Kind, run.InstructionCount, run.Fault.Instruction));
    }

    [Fact]
    public void A_fault_in_a_called_function_is_reported_where_it_is()
    {
        Machine machine = new(CallingTwice());
        RunResult run = machine.Run(Callback(R3));
        Assert.Equal((FaultKind.NullAccess, 8L, 10), (run.Fault!.Kind, run.InstructionCount, run.Fault.Instruction));
        Assert.Equal(138ul, machine.Run(Callback(R2)).ReturnValue);
    }

    // A helper that calls the function of r1 with (r3, r2) until it has been called twice, and returns the sum.
    private static HelperTable CallingTwice() => HelperTable.CreateDefault().Set(200, static (machine, function, address, value, _, _) =>
        machine.TryCall(function, value, address, 0, 0, out ulong first) && machine.TryCall(function, value, address, 0, 0, out ulong second) ? first + second : 0);

    // main: *(r10 - 8) = 30; r6 = 75; r0 = helper(f, r10 - 8, 1) + r6. f(r1, p): *p += r1; r6 = 0; r0 = *p.
    private static LoadedProgram Callback(Register pointer) => Load([],
    [
        Instructions.StoreImmediate(MemorySize.DoubleWord, R10, -8, 30),
        Instructions.MoveImmediate(R6, 75),
        Instructions.WideLoad(WideLoadKind.Function, R1, 7, 0),
        Instructions.Move(R2, R10),
        Instructions.Alu64(AluOperation.Add, R2, -8),
        Instructions.MoveImmediate(R3, 1),
        Instructions.CallHelper(200),
        Instructions.Alu64(AluOperation.Add, R0, R6),
        Instructions.Exit(),
        Instructions.Load(MemorySize.DoubleWord, R0, pointer, 0),
        Instructions.Alu64(AluOperation.Add, R0, R1),
        Instructions.Store(MemorySize.DoubleWord, pointer, 0, R0),
        Instructions.MoveImmediate(R6, 0),
        Instructions.Exit(),
    ]);

    [Fact]
    public void An_unknown_helper_is_named()
    {
        Fault fault = _machine.Run(Load([], [Instructions.CallHelper(82), Instructions.Exit()])).Fault!;
        Assert.Equal("helper 82 (sk_select_reuseport) is not available here: this host does not provide it", fault.Text);
    }

    [Theory]
    [InlineData(35, "helper 35 (get_current_task) is not available here: it looks into a running kernel and needs CAP_PERFMON there; off-kernel there is nothing to look into")]
    [InlineData(148, "helper 148 (copy_from_user) is not available here: it may sleep, which a program of this type may not")]
    [InlineData(171, "helper 171 (timer_start) is not available here: off-kernel a timer never fires, so a program that counts on one would run differently")]
    [InlineData(25, "helper 25 is not available here: an SK_REUSEPORT program may not call it on Linux 6.18")]
    public void A_helper_that_makes_no_sense_off_kernel_says_why(int helper, string text)
    {
        Fault fault = _machine.Run(Load([], [Instructions.CallHelper(helper), Instructions.Exit()])).Fault!;
        Assert.Equal((FaultKind.UnknownHelper, text), (fault.Kind, fault.Text));
    }

    [Fact]
    public void Every_listed_helper_is_there_or_has_a_reason_of_its_own()
    {
        // The packet, the sockets and the records are a host's.
        int[] host = [HelperId.SkbLoadBytes, HelperId.GetSocketCookie, HelperId.SkbLoadBytesRelative, HelperId.SkSelectReuseport, HelperId.TailCall];
        HelperTable table = HelperTable.CreateDefault();
        IEnumerable<string> without = HelperPrototypes.All.Where(x => table.Find(x.Id) is null && HelperAvailability.WhyNot(x.Id).StartsWith("this host", StringComparison.Ordinal))
            .Where(x => !host.Contains(x.Id)).Select(x => x.Name);
        Assert.Empty(without);
    }

    [Fact]
    public void The_current_task_is_an_input()
    {
        CurrentTask task = new(ProcessId: 4321, ThreadId: 4322, UserId: 1000, GroupId: 100)
        {
            CgroupClassId = 0x10001,
            CgroupIds = [1, 77, 5150],
            PidNamespaceDevice = 4,
            PidNamespaceInode = 0xf0000001,
        };
        Machine machine = new(environment: new ExecutionEnvironment { Task = task, MonotonicTime = 2_500_000_000 });
        ulong Ask(int helper, int level = 0) =>
            machine.Run(Load([], [Instructions.MoveImmediate(R1, level), Instructions.CallHelper(helper), Instructions.Exit()])).ReturnValue;
        Assert.Equal([(4321ul << 32) | 4322, (100ul << 32) | 1000, 0x10001, 5150], ((int[])[14, 15, 17, 80]).Select(x => Ask(x)));
        Assert.Equal([1ul, 77, 5150, 0, 0], ((int[])[0, 1, 2, 3, -1]).Select(x => Ask(HelperId.GetCurrentAncestorCgroupId, x)));

        // 250 ticks a second, from 300 seconds before the lower half overflows.
        Assert.Equal(0xfffffffful - 75000 + 1 + 625, Ask(HelperId.Jiffies64));

        LoadedProgram program = Load([],
        [
            Instructions.MoveImmediate(R1, 4), Instructions.LoadImmediate64(R2, 0xf0000001), Instructions.Move(R3, R10), Instructions.Alu64(AluOperation.Add, R3, -8),
            Instructions.MoveImmediate(R4, 8), Instructions.CallHelper(HelperId.GetNamespaceCurrentPidTgid),
            Instructions.Load(MemorySize.DoubleWord, R1, R10, -8), Instructions.Alu64(AluOperation.Add, R0, R1), Instructions.Exit(),
        ]);
        Assert.Equal((4321ul << 32) | 4322, machine.Run(program).ReturnValue);
    }

    [Theory]
    [InlineData("bpf_rcu_read_unlock", "kernel function bpf_rcu_read_unlock: there is no RCU read section to leave")]
    [InlineData("bpf_preempt_enable", "kernel function bpf_preempt_enable: there is no section without preemption to leave")]
    public void A_section_that_was_not_entered_cannot_be_left(string function, string text)
    {
        LoadedProgram program = LoadedProgram.Load(
            new ProgramSpec("test", ProgramType.SkReuseport, AttachType.None, [Instructions.CallKernel(0), Instructions.Exit()], []) { KernelFunctions = [function] });
        Assert.Equal(text, _machine.Run(program).Fault?.Text);
    }

    [Fact]
    public void A_run_that_ends_inside_a_section_is_a_fault_and_the_next_begins_outside()
    {
        LoadedProgram enters = LoadedProgram.Load(
            new ProgramSpec("test", ProgramType.SkReuseport, AttachType.None, [Instructions.CallKernel(0), Instructions.Exit()], []) { KernelFunctions = ["bpf_rcu_read_lock"] });
        Fault fault = _machine.Run(enters).Fault!;
        Assert.Equal((FaultKind.UnreleasedReference, 1, "the run ends inside the RCU read section"), (fault.Kind, fault.Instruction, fault.Text));
        A_section_that_was_not_entered_cannot_be_left("bpf_rcu_read_unlock", "kernel function bpf_rcu_read_unlock: there is no RCU read section to leave");
    }

    [Theory]
    [InlineData("bpf_cpumask_create", 0, "RPS1023")]
    [InlineData("bpf_rcu_read_lock", 1, "RPS1022")]
    public void A_kernel_function_that_is_not_there_is_refused_at_load(string function, int index, string code)
    {
        ProgramSpec spec = new("test", ProgramType.SkReuseport, AttachType.None, [Instructions.CallKernel(index), Instructions.Exit()], []) { KernelFunctions = [function] };
        Assert.False(LoadedProgram.TryLoad(spec, [], out _, out ImmutableArray<Diagnostic> diagnostics));
        Assert.Equal(code, Assert.Single(diagnostics).Code);
    }

    [Fact]
    public void The_key_that_a_callback_sees_is_read_only_and_gone_afterwards()
    {
        BpfMap map = Make(new MapSpec("array", MapType.Array, 4, 8, 2));
        Instruction[] Walk(Instruction inCallback) =>
        [
            Instructions.LoadMap(R1, 0), Instructions.WideLoad(WideLoadKind.Function, R2, 5, 0), Instructions.MoveImmediate(R3, 0), Instructions.MoveImmediate(R4, 0),
            Instructions.CallHelper(HelperId.ForEachMapElement), Instructions.Exit(),
            inCallback, Instructions.MoveImmediate(R0, 0), Instructions.Exit(),
        ];
        Assert.Equal(2ul, Value(Load([map], Walk(Instructions.Load(MemorySize.Word, R1, R2, 0)))));
        Fault fault = _machine.Run(Load([map], Walk(Instructions.StoreImmediate(MemorySize.Word, R2, 0, 1)))).Fault!;
        Assert.Equal((FaultKind.AccessDenied, 8), (fault.Kind, fault.Instruction));
        Assert.Contains("the key of a map's element is read-only", fault.Text);
        Assert.Equal(FaultKind.OutOfBounds, _machine.Run(Load([], [Instructions.LoadImmediate64(R2, 16UL << 32), Instructions.Load(MemorySize.Word, R0, R2, 0), Instructions.Exit()])).Fault?.Kind);
    }

    [Theory]
    [InlineData(MapType.ProgArray, MapFlags.None, 1)]
    [InlineData(MapType.Array, MapFlags.WriteOnlyProgram, 1)]
    [InlineData(MapType.Array, MapFlags.ReadOnlyProgram, 2)]
    [InlineData(MapType.ArrayOfMaps, MapFlags.None, 2)]
    [InlineData(MapType.ArrayOfMaps, MapFlags.None, 3)]
    [InlineData(MapType.Array, MapFlags.None, 195)]
    [InlineData(MapType.Array, MapFlags.None, 12)]
    public void A_helper_refuses_a_map_that_the_verifier_would_refuse(MapType type, MapFlags flags, int helper)
    {
        BpfMap map = Make(new MapSpec("wrong", type, 4, 4, 3, flags) { Inner = new MapSpec("inner", MapType.Array, 4, 4, 4) });
        LoadedProgram program = Load([map], [.. KeyOnStack(0), Instructions.LoadMap(helper == 12 ? R2 : R1, 0), Instructions.Move(R3, R10), Instructions.Alu64(AluOperation.Add, R3, -4), Instructions.MoveImmediate(R4, 0), Instructions.CallHelper(helper), Instructions.Exit()]);
        Fault fault = _machine.Run(program).Fault!;
        Assert.Equal(FaultKind.BadArgument, fault.Kind);
        Assert.Contains("'wrong'", fault.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_load_refuses_maps_that_are_not_there()
    {
        ProgramSpec spec = Spec([Instructions.LoadMap(R1, 1), Instructions.LoadMapValue(R1, 0, 0), Instructions.LoadMapValue(R1, 2, 8), Instructions.Exit()]);
        BpfMap[] maps = [Make(new MapSpec("array", MapType.Array, 4, 8, 2))];
        Assert.False(LoadedProgram.TryLoad(spec, maps, out _, out var diagnostics));
        Assert.Equal(["RPS1020@0", "RPS1021@2", "RPS1020@4"], diagnostics.Select(x => $"{x.Code}@{x.Location!.Instruction}"));
    }

    [Theory]
    [InlineData(9, true)]
    [InlineData(10, false)]
    [InlineData(200_000, false)]
    public void The_budget_is_exact(long budget, bool faults)
    {
        LoadedProgram program = Load([], [.. Enumerable.Repeat(Instructions.MoveImmediate(R0, 1), 9), Instructions.Exit()]);
        _machine.InstructionBudget = budget;
        RunResult result = _machine.Run(program);
        Assert.Equal(faults, result.Fault is not null);
        Assert.Equal(Math.Min(10, budget), result.InstructionCount);

        LoadedProgram endless = Load([], [Instructions.Jump(-1)]);
        Assert.Equal((FaultKind.BudgetExceeded, budget), (_machine.Run(endless).Fault!.Kind, _machine.Run(endless).InstructionCount));
    }

    [Fact]
    public void A_cancelled_token_ends_an_endless_run()
    {
        LoadedProgram endless = Load([], [Instructions.Jump(-1)]);
        _machine.InstructionBudget = long.MaxValue;
        using CancellationTokenSource source = new(TimeSpan.FromMilliseconds(50));
        Assert.Throws<OperationCanceledException>(() => _machine.Run(endless, source.Token));
        Assert.Equal(5ul, Value(Load([], [Instructions.MoveImmediate(R0, 5), Instructions.Exit()])));
    }

    [Fact]
    public void A_run_allocates_nothing_and_gives_the_same_addresses_every_time()
    {
        MapSpec template = new("inner", MapType.Array, 4, 8, 2);
        OuterMap outer = (OuterMap)Make(new MapSpec("outer", MapType.ArrayOfMaps, 4, 4, 3) { Inner = template });
        Assert.Equal(Errno.None, outer.UpdateMap([1, 0, 0, 0], Make(template)));
        BpfMap hash = Make(new MapSpec("hash", MapType.Hash, 4, 8, 16));
        LoadedProgram lookup = Load([outer], Lookup(0, 1, [Instructions.Move(R1, R0), Instructions.Move(R2, R10), Instructions.Alu64(AluOperation.Add, R2, -4), Instructions.CallHelper(HelperId.MapLookupElement)]));
        LoadedProgram update = Load([hash], Update(3, 4, 0));
        LoadedProgram call = Load([], [Instructions.CallLocal(1), Instructions.Exit(), Instructions.Move(R0, R10), Instructions.Exit()]);
        ulong[] first = [Value(lookup), Value(update), Value(call)];
        for (int i = 0; i < 20; i++)
        {
            Value(update);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            if (_machine.Run(lookup).ReturnValue != first[0] || _machine.Run(update).ReturnValue != first[1] || _machine.Run(call).ReturnValue != first[2])
            {
                Assert.Fail("another address");
            }
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.Equal(first, [new Machine().Run(lookup).ReturnValue, 0, new Machine().Run(call).ReturnValue]);
    }

    [Fact]
    public void A_run_sees_nothing_of_the_run_before()
    {
        Machine machine = _machine;
        Value(Load([], [Instructions.StoreImmediate(MemorySize.DoubleWord, R10, -8, 5), Instructions.MoveImmediate(R6, 9), Instructions.Exit()]));
        Assert.Equal(0ul, Value(Load([], [Instructions.Load(MemorySize.DoubleWord, R0, R10, -8), Instructions.Alu64(AluOperation.Add, R0, R6), Instructions.Exit()])));

        // A fault inside a function leaves no frame behind.
        Assert.NotNull(machine.Run(Load([], [Instructions.CallLocal(1), Instructions.Exit(), Instructions.Load(MemorySize.Byte, R0, R9, 0), Instructions.Exit()])).Fault);
        LoadedProgram peek = Load([], [Instructions.LoadImmediate64(R1, (9ul << 32) + 511), Instructions.Load(MemorySize.Byte, R0, R1, 0), Instructions.Exit()]);
        Assert.Equal(FaultKind.OutOfBounds, machine.Run(peek).Fault!.Kind);
    }

    [Fact]
    public void Clocks_cpu_node_and_random_numbers_are_inputs()
    {
        ExecutionEnvironment environment = new() { Cpu = 3, NumaNode = 1, MonotonicTime = 10, BootTime = 20, CoarseTime = 30, TaiTime = 40, RandomState = 1 };
        Machine machine = new(environment: environment);
        ulong Ask(int helper) => machine.Run(Load([], [Instructions.CallHelper(helper), Instructions.Exit()])).ReturnValue;
        Assert.Equal([10ul, 20ul, 30ul, 40ul, 3ul, 1ul], ((int[])[5, 125, 160, 208, 8, 42]).Select(Ask));

        // SplitMix64 of seed 1 begins with 910a2dec89025cc1, beeb8da1658eec67.
        Assert.Equal([0x910a2decul, 0xbeeb8da1ul], ((int[])[7, 7]).Select(Ask));
    }

    [Fact]
    public void Regions_of_the_host_have_addresses_of_their_own()
    {
        MemoryRegion region = new("struct bpf_sock");
        region.SetFlat([1, 2, 3, 4, 5, 6, 7, 8], 0, 8, writable: false);
        ulong address = _machine.AddRegion(region);
        Assert.Equal(0x0807060504030201ul, Value(Load([], [Instructions.LoadImmediate64(R1, address), Instructions.Load(MemorySize.DoubleWord, R0, R1, 0), Instructions.Exit()])));
    }

    private static Instruction[] KeyOnStack(int key) =>
        [Instructions.StoreImmediate(MemorySize.Word, R10, -4, key), Instructions.Move(R2, R10), Instructions.Alu64(AluOperation.Add, R2, -4)];

    // Looks a key up and goes on with the address in r0; 99 when there is none. The next instruction is in slot 10.
    private static Instruction[] Lookup(int map, int key, Instruction[] found, int helper = HelperId.MapLookupElement, int cpu = 0) =>
    [
        .. KeyOnStack(key), Instructions.LoadMap(R1, map), Instructions.MoveImmediate(R3, cpu), Instructions.CallHelper(helper),
        Instructions.JumpIf(JumpOperation.NotEqual, R0, 0, 2), Instructions.MoveImmediate(R0, 99), Instructions.Exit(),
        .. found, Instructions.Exit(),
    ];

    private static Instruction[] Update(int key, int value, int flags) =>
    [
        .. KeyOnStack(key), Instructions.StoreImmediate(MemorySize.DoubleWord, R10, -16, value), Instructions.Move(R3, R10), Instructions.Alu64(AluOperation.Add, R3, -16),
        Instructions.MoveImmediate(R4, flags), Instructions.LoadMap(R1, 0), Instructions.CallHelper(HelperId.MapUpdateElement), Instructions.Exit(),
    ];

    private static Instruction[] TailCall(int index) =>
        [Instructions.LoadMap(R2, 0), Instructions.MoveImmediate(R3, index), Instructions.CallHelper(HelperId.TailCall), Instructions.MoveImmediate(R0, -22), Instructions.Exit()];

    private static ProgramSpec Spec(IEnumerable<Instruction> code) => new("test", ProgramType.SkReuseport, AttachType.None, [.. code], []);

    private static LoadedProgram Load(BpfMap[] maps, IEnumerable<Instruction> code) => LoadedProgram.Load(Spec(code), maps);

    private static BpfMap Make(MapSpec spec, int cpus = 2)
    {
        MapCreation creation = MapFactory.Create(spec, cpus);
        Assert.Null(creation.Diagnostic);
        return creation.Map!;
    }

    private static void Set(BpfMap map, int key, ulong value)
    {
        byte[] bytes = new byte[12];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, key);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(4), value);
        Assert.Equal(Errno.None, map.Update(bytes.AsSpan(0, 4), bytes.AsSpan(4)));
    }

    private static ulong Get(BpfMap map, int key)
    {
        byte[] bytes = new byte[12];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, key);
        Assert.Equal(Errno.None, map.Lookup(bytes.AsSpan(0, 4), bytes.AsSpan(4)));
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(4));
    }

    private ulong Value(LoadedProgram program)
    {
        RunResult result = _machine.Run(program);
        Assert.Null(result.Fault);
        return result.ReturnValue;
    }
}
