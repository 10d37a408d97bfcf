using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Execution;
using ReuseportPS.Engine.Execution.Compilation;
using ReuseportPS.Engine.Helpers;
using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Maps;

namespace ReuseportPS.Engine.Tests.Helpers;

/// <summary>The helpers against the kernel's recorded answers.</summary>
public class HelperCaseTests
{
    private static IEnumerable<HelperCase> Cases => TestData.Lines(TestData.PathOf(HelperCase.FileName)).Select(x => HelperCase.Read(x.Case));

    public static MatrixTheoryData<string, Conformance.Engine> NamesAndEngines() => new([.. Cases.Select(x => x.Name)], Enum.GetValues<Conformance.Engine>());

    [Theory]
    [MemberData(nameof(NamesAndEngines))]
    public void Helpers_answer_as_the_kernel(string name, Conformance.Engine engine)
    {
        HelperCase @case = Cases.Single(x => x.Name == name);
        BpfMap[] maps = [.. @case.Program.Maps.Select(spec => MapFactory.Create(spec, HelperCase.CpuCount).Map!)];
        LoadedProgram program = LoadedProgram.Load(@case.Program, maps);
        CompiledProgram? compiled = engine == Conformance.Engine.Compiled ? CompiledProgram.Compile(program) : null;
        Machine machine = new();
        machine.Context.SetFlat(new byte[64], 0, 64, writable: true);
        byte[] output = new byte[maps[1].UserValueSize];
        for (int i = 0; i < @case.Runs.Count; i++)
        {
            HelperCaseRun run = @case.Runs[i];
            Assert.Equal(Errno.None, maps[0].Update(new byte[4], run.Input.AsSpan()));
            Assert.Equal(Errno.None, maps[1].Update(new byte[4], new byte[output.Length]));
            RunResult result = compiled is null ? machine.Run(program) : machine.Run(compiled);
            Assert.Equal(Errno.None, maps[1].Lookup(new byte[4], output));
            string actual = result.Fault is Fault fault ? $"run {i}: {fault}" : $"run {i}: {(uint)result.ReturnValue} {Convert.ToHexStringLower(output)}";
            string expected = $"run {i}: {run.ReturnValue} {run.Output}";
            if (run.KernelOnly is null)
            {
                Assert.Equal(expected, actual);
            }
            else
            {
                Assert.NotEqual(expected, actual);
            }
        }
    }

    [Fact]
    public void Every_helper_of_the_default_table_that_the_kernel_answers_for_has_a_case()
    {
        // What depends on the clock, the CPU, chance or the interrupted task is not the same twice; MachineTests and EnvironmentHelperTests have those.
        int[] elsewhere =
        [
            HelperId.KtimeGetNanoseconds, HelperId.GetPrandomU32, HelperId.GetSmpProcessorId, HelperId.GetCurrentPidTgid, HelperId.GetCurrentUidGid,
            HelperId.GetCgroupClassId, HelperId.GetNumaNodeId, HelperId.GetCurrentCgroupId, HelperId.Jiffies64, HelperId.KtimeGetBootNanoseconds,
            HelperId.KtimeGetCoarseNanoseconds, HelperId.KtimeGetTaiNanoseconds,

            // map-cases.jsonl and map-traces.jsonl.
            HelperId.MapPushElement, HelperId.MapPopElement, HelperId.MapPeekElement, HelperId.SpinLock, HelperId.SpinUnlock,
            HelperId.RingBufferOutput, HelperId.RingBufferReserve, HelperId.RingBufferSubmit, HelperId.RingBufferDiscard, HelperId.RingBufferQuery,
            HelperId.RingBufferReserveDynptr, HelperId.RingBufferSubmitDynptr, HelperId.RingBufferDiscardDynptr,
        ];
        IEnumerable<int> called = Cases.SelectMany(x => x.Program.Instructions)
            .Where(x => x.Opcode == Instructions.CallHelper(0).Opcode && x.Source == (byte)CallKind.Helper).Select(x => x.Immediate);
        HelperTable table = HelperTable.CreateDefault();
        Assert.Empty(HelperPrototypes.All.Select(x => x.Id).Where(id => table.Find(id) is not null).Except(called).Except(elsewhere));
        Assert.Empty(KernelFunctions.Names.Except(Cases.SelectMany(x => x.Program.KernelFunctions)));
    }
}
