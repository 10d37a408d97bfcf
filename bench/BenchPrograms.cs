using ReuseportPS.Engine.Execution;
using ReuseportPS.Engine.Helpers;
using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Programs;
using static ReuseportPS.Engine.Isa.Register;

namespace ReuseportPS.Bench;

/// <summary>What is measured.</summary>
public enum BenchProgram
{
    /// <summary>return 1.</summary>
    Empty,

    /// <summary>1000 rounds of 64-bit mixing.</summary>
    Mixing,

    /// <summary>Hash of 12 context bytes in 32-bit arithmetic, scaled to 16, and an array lookup.</summary>
    HashAndLookup,
}

/// <summary>The programs, made with the builder.</summary>
internal static class BenchPrograms
{
    public static LoadedProgram Load(BenchProgram program)
    {
        ProgramBuilder builder = new();
        BpfMap[] maps = [];
        switch (program)
        {
            case BenchProgram.Empty:
                builder.Add(Instructions.MoveImmediate(R0, 1), Instructions.Exit());
                break;
            case BenchProgram.Mixing:
                AddMixing(builder);
                break;
            default:
                maps = [MapFactory.Create(new MapSpec("table", MapType.Array, 4, 8, 16), 1).Map!];
                AddHashAndLookup(builder);
                break;
        }

        return LoadedProgram.Load(new ProgramSpec("bench", ProgramType.SkReuseport, AttachType.None, builder.Build(), []), maps);
    }

    private static void AddMixing(ProgramBuilder builder)
    {
        Label loop = builder.NewLabel("loop");
        builder.Add(Instructions.LoadImmediate64(R0, 0x9e3779b97f4a7c15), Instructions.LoadImmediate64(R2, 0xbf58476d1ce4e5b9), Instructions.MoveImmediate(R3, 1000))
            .Mark(loop)
            .Add(Instructions.Move(R4, R0), Instructions.Alu64(AluOperation.ShiftRight, R4, 30), Instructions.Alu64(AluOperation.Xor, R0, R4))
            .Add(Instructions.Alu64(AluOperation.Multiply, R0, R2), Instructions.Alu64(AluOperation.Add, R0, R3), Instructions.Alu64(AluOperation.Subtract, R3, 1))
            .JumpIf(JumpOperation.NotEqual, R3, 0, loop)
            .Add(Instructions.Exit());
    }

    private static void AddHashAndLookup(ProgramBuilder builder)
    {
        Register[] word = [R2, R3, R4];
        for (int i = 0; i < word.Length; i++)
        {
            builder.Add(Instructions.Load(MemorySize.Word, word[i], R1, (short)(4 * i)));
        }

        // final() of Bob Jenkins' lookup3: (destination, source, rotation) in turn.
        foreach ((int to, int from, int rotation) in ((int, int, int)[])[(2, 1, 14), (0, 2, 11), (1, 0, 25), (2, 1, 16), (0, 2, 4), (1, 0, 14), (2, 1, 24)])
        {
            builder.Add(Instructions.Alu32(AluOperation.Xor, word[to], word[from]), Instructions.Move32(R5, word[from]), Instructions.Move32(R0, word[from]))
                .Add(Instructions.Alu32(AluOperation.ShiftLeft, R5, rotation), Instructions.Alu32(AluOperation.ShiftRight, R0, 32 - rotation))
                .Add(Instructions.Alu32(AluOperation.Or, R5, R0), Instructions.Alu32(AluOperation.Subtract, word[to], R5));
        }

        Label miss = builder.NewLabel("miss");
        builder.Add(Instructions.Alu64(AluOperation.ShiftLeft, R4, 4), Instructions.Alu64(AluOperation.ShiftRight, R4, 32))
            .Add(Instructions.Store(MemorySize.Word, R10, -4, R4), Instructions.Move(R2, R10), Instructions.Alu64(AluOperation.Add, R2, -4))
            .Add(Instructions.LoadMap(R1, 0), Instructions.CallHelper(HelperId.MapLookupElement))
            .JumpIf(JumpOperation.Equal, R0, 0, miss)
            .Add(Instructions.Load(MemorySize.DoubleWord, R0, R0, 0))
            .Mark(miss)
            .Add(Instructions.Exit());
    }
}
