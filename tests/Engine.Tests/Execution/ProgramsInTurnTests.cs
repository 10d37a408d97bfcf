using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Execution;
using ReuseportPS.Engine.Execution.Compilation;
using ReuseportPS.Engine.Helpers;
using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Programs;
using static ReuseportPS.Engine.Isa.Register;

namespace ReuseportPS.Engine.Tests.Execution;

/// <summary>A machine that runs programs in turn gives each what a machine of its own would: maps at the same addresses, and nothing of the others.</summary>
public sealed class ProgramsInTurnTests
{
    private static readonly MapSpec s_inner = new("inner", MapType.Array, 4, 8, 1);

    /// <summary>More programs than a machine keeps arrangements of.</summary>
    private readonly LoadedProgram[] _programs = [.. Enumerable.Range(0, 7).Select(Program)];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Each_finds_its_maps_where_a_machine_of_its_own_has_them(bool compiled)
    {
        CompiledProgram[] code = [.. _programs.Select(program => CompiledProgram.Compile(program))];
        ulong[] alone = [.. Enumerable.Range(0, _programs.Length).Select(i => Run(NewMachine(), i))];
        Assert.All(alone, address => Assert.NotEqual(0ul, address));
        Machine shared = NewMachine();
        uint random = 1;
        for (int turn = 0; turn < 2000; turn++)
        {
            int program = (int)((random = (random * 1664525) + 1013904223) >> 16) % (turn % 200 < 100 ? 3 : _programs.Length);
            Assert.Equal(alone[program], Run(shared, program));
        }

        ulong Run(Machine machine, int program)
        {
            RunResult result = compiled ? machine.Run(code[program]) : machine.Run(_programs[program]);
            Assert.Null(result.Fault);
            return result.ReturnValue;
        }
    }

    [Fact]
    public void Code_is_shared_only_with_a_program_whose_maps_are_alike()
    {
        ProgramSpec spec = new(
            "test", ProgramType.Syscall, AttachType.None,
            [
                Instructions.StoreImmediate(MemorySize.Word, R10, -4, 2),
                Instructions.LoadMap(R1, 0), Instructions.Move(R2, R10), Instructions.Alu64(AluOperation.Add, R2, -4), Instructions.CallHelper(HelperId.MapLookupElement),
                Instructions.Exit(),
            ],
            []);
        CompiledProgram[] programs = [.. new[] { 1, 3, 3 }.Select(entries => LoadedProgram.Load(spec, [MapFactory.Create(s_inner with { MaxEntries = entries }, 1).Map!]))
            .Select(program => CompiledProgram.Compile(program))];
        foreach (CompiledProgram like in programs)
        {
            foreach (CompiledProgram program in programs)
            {
                RunResult result = NewMachine().Run(CompiledProgram.Compile(program.Program, ContextLayout.Unknown, like));
                Assert.Equal(NewMachine().Run(program.Program), result);
                Assert.Equal(program == programs[0], result.ReturnValue == 0);
            }
        }
    }

    [Fact]
    public void A_region_of_the_host_is_there_for_programs_that_were_run_before_it_was_given()
    {
        Machine machine = NewMachine();
        LoadedProgram reader = Load([Instructions.Load(MemorySize.DoubleWord, R0, R2, 0), Instructions.Exit()]);
        machine.Run(reader, 0, Machine.ContextAddress);
        machine.Run(_programs[0]);
        MemoryRegion region = new("late");
        region.SetFlat([7, 0, 0, 0, 0, 0, 0, 0], 0, 8, writable: false);
        Assert.Equal(7ul, machine.Run(reader, 0, machine.AddRegion(region)).ReturnValue);
    }

    [Fact]
    public void Turns_allocate_nothing()
    {
        Machine machine = NewMachine();
        Turns(machine);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Turns(machine);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private void Turns(Machine machine)
    {
        for (int turn = 0; turn < 100; turn++)
        {
            machine.Run(_programs[turn % _programs.Length]);
            machine.Run(_programs[turn % 2]);
        }
    }

    private static Machine NewMachine()
    {
        Machine machine = new();
        machine.Context.SetFlat(new byte[8], 0, 8, writable: false);
        return machine;
    }

    /// <summary>Returns the address of the value in the inner map; some have a map before it, so that places differ.</summary>
    private static LoadedProgram Program(int number)
    {
        OuterMap outer = (OuterMap)MapFactory.Create(new MapSpec("outer", MapType.ArrayOfMaps, 4, 4, 1) { Inner = s_inner }, 1).Map!;
        Assert.Equal(Errno.None, outer.UpdateMap([0, 0, 0, 0], MapFactory.Create(s_inner, 1).Map!));
        BpfMap[] before = [.. Enumerable.Range(0, number % 3).Select(_ => MapFactory.Create(s_inner, 1).Map!)];
        return Load(
            [
                Instructions.StoreImmediate(MemorySize.Word, R10, -4, 0),
                Instructions.LoadMap(R1, before.Length), Instructions.Move(R2, R10), Instructions.Alu64(AluOperation.Add, R2, -4), Instructions.CallHelper(HelperId.MapLookupElement),
                Instructions.Move(R1, R0), Instructions.Move(R2, R10), Instructions.Alu64(AluOperation.Add, R2, -4), Instructions.CallHelper(HelperId.MapLookupElement),
                Instructions.Exit(),
            ],
            [.. before, outer]);
    }

    private static LoadedProgram Load(Instruction[] code, params BpfMap[] maps) =>
        LoadedProgram.Load(new ProgramSpec("test", ProgramType.Syscall, AttachType.None, [.. code], []), maps);
}
