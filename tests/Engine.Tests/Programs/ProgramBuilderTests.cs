using System.Collections.Immutable;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Execution;
using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Programs;

namespace ReuseportPS.Engine.Tests.Programs;

public class ProgramBuilderTests
{
    [Fact]
    public void Jumps_forward_and_back_count_lddw_twice()
    {
        ProgramBuilder builder = new();
        Label end = builder.NewLabel("end");
        Label loop = builder.NewLabel("loop");
        ImmutableArray<Instruction> code = builder
            .Add(Instructions.MoveImmediate(Register.R0, 0))
            .Mark(loop)
            .JumpIf(JumpOperation.Equal, Register.R0, 5, end)
            .Add(Instructions.LoadImmediate64(Register.R1, 1), Instructions.Alu64(AluOperation.Add, Register.R0, Register.R1))
            .Jump(loop)
            .Mark(end)
            .Add(Instructions.Exit())
            .Build();

        Assert.Equal(4, code[1].Offset);
        Assert.Equal(-5, code[4].Offset);
        Assert.Equal(5ul, Run(code));
    }

    [Theory]
    [InlineData(32767, 1)]
    [InlineData(32768, 2)]
    public void A_jump_out_of_reach_becomes_a_long_one(int filling, int longForms)
    {
        ProgramBuilder builder = new();
        Label far = builder.NewLabel();
        builder.Add(Instructions.MoveImmediate(Register.R0, 7)).JumpIf(JumpOperation.Equal, Register.R0, 7, far).JumpIf32(JumpOperation.NotEqual, Register.R0, 7, far);
        builder.Jump(far);
        for (int i = 0; i < filling - 1; i++)
        {
            builder.Add(Instructions.MoveImmediate(Register.R0, 9));
        }

        ImmutableArray<Instruction> code = builder.Mark(far).Add(Instructions.Exit()).Build();

        // The plain jump next to the filling still reaches; the comparisons before it are one and two slots further away.
        Assert.Equal(longForms, code.Count(x => OpcodeTable.Find(x)!.Kind == InstructionKind.JumpLong));
        Assert.Equal(7ul, Run(code));
    }

    [Fact]
    public void A_plain_jump_out_of_reach_becomes_gotol_both_ways()
    {
        ProgramBuilder builder = new();
        Label back = builder.NewLabel();
        Label far = builder.NewLabel();
        builder.Jump(far).Mark(back).Add(Instructions.MoveImmediate(Register.R0, 3), Instructions.Exit());
        for (int i = 0; i < 40000; i++)
        {
            builder.Add(Instructions.MoveImmediate(Register.R0, 9));
        }

        ImmutableArray<Instruction> code = builder.Mark(far).Jump(back).Build();
        Assert.Equal(Instructions.JumpLong(40002), code[0]);
        Assert.Equal(Instructions.JumpLong(-40003), code[^1]);
        Assert.Equal(3ul, Run(code));
    }

    [Fact]
    public void Calls_and_function_addresses_resolve()
    {
        ProgramBuilder builder = new();
        Label function = builder.NewLabel("function");
        ImmutableArray<Instruction> code = builder
            .LoadFunction(Register.R2, function)
            .Add(Instructions.MoveImmediate(Register.R1, 20))
            .Call(function)
            .Add(Instructions.Exit())
            .Mark(function)
            .Add(Instructions.Move(Register.R0, Register.R1), Instructions.Alu64(AluOperation.Add, Register.R0, 1), Instructions.Exit())
            .Build();

        Assert.Equal(4, code[0].Immediate);
        Assert.Equal(1, code[2].Immediate);
        Assert.Equal(21ul, Run(code));
    }

    [Fact]
    public void Missing_and_doubled_labels_are_reported()
    {
        ProgramBuilder builder = new();
        Label missing = builder.NewLabel("missing");
        Label twice = builder.NewLabel("twice");
        Label last = builder.NewLabel("last");
        builder.Jump(missing).Mark(twice).Jump(last).Mark(twice).Add(Instructions.Exit()).Mark(last);

        Assert.False(builder.TryBuild(out ImmutableArray<Instruction> code, out ImmutableArray<Diagnostic> diagnostics));
        Assert.Empty(code);
        Assert.Equal(["RPS1031", "RPS1030", "RPS1032"], diagnostics.Select(x => x.Code));
        Assert.Contains("'missing'", diagnostics[1].Message, StringComparison.Ordinal);
        Assert.Throws<DiagnosticException>(() => builder.Build());
    }

    [Fact]
    public void A_label_of_another_builder_is_a_bad_call() =>
        Assert.Throws<ArgumentException>(() => new ProgramBuilder().Jump(new ProgramBuilder().NewLabel()));

    private static ulong Run(ImmutableArray<Instruction> code)
    {
        RunResult result = new Machine().Run(LoadedProgram.Load(new ProgramSpec("test", ProgramType.SkReuseport, AttachType.None, code, [])));
        Assert.Null(result.Fault);
        return result.ReturnValue;
    }
}
