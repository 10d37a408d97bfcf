using System.Diagnostics;
using ReuseportPS.Engine.Execution;
using ReuseportPS.Engine.Execution.Compilation;
using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Programs;
using static ReuseportPS.Engine.Isa.Register;

namespace ReuseportPS.Bench.Peers;

/// <summary>T8: how long compiling takes, and whether large programs run as fast as small ones.</summary>
internal static class CompileTimes
{
    private const int Compilations = 31;
    private const int Rounds = 9;

    public static IEnumerable<Target> Measure()
    {
        foreach (PeerProgram program in PeerProgram.All.Where(one => one.Name is "b" or "c" or "d"))
        {
            double[] milliseconds = new double[Compilations];
            for (int i = 0; i < Compilations; i++)
            {
                LoadedProgram loaded = LoadedProgram.Load(program.Spec, program.CreateMaps());
                long start = Stopwatch.GetTimestamp();
                _ = CompiledProgram.Compile(loaded);
                milliseconds[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            }

            Array.Sort(milliseconds);
            yield return new Target("T8", $"milliseconds to compile {program.Name} ({program.Spec.InstructionSlots} instructions), warm", milliseconds[Compilations / 2], 5);
        }

        (Machine Machine, CompiledProgram Program, int Length)[] straight = [.. ((int[])[800, 8000]).Select(Straight)];
        double[] ratios = new double[Rounds];
        for (int round = -3; round < Rounds; round++)
        {
            double[] perInstruction = [.. straight.Select(Nanoseconds)];
            ratios[Math.Max(round, 0)] = perInstruction[1] / perInstruction[0];
        }

        Array.Sort(ratios);
        yield return new Target("T8", "nanoseconds per instruction of straight code: 8,000 / 800 instructions", ratios[Rounds / 2], 1.5);
    }

    // Two interleaved chains of arithmetic, as in a2.
    private static (Machine Machine, CompiledProgram Program, int Length) Straight(int length)
    {
        ProgramBuilder builder = new();
        builder.Add(Instructions.Load(MemorySize.Word, R2, R1, 4), Instructions.Load(MemorySize.Word, R3, R1, 8));
        for (int i = 0; i < (length - 4) / 8; i++)
        {
            builder.Add(Instructions.Move(R4, R3), Instructions.Alu64(AluOperation.ShiftLeft, R4, 7), Instructions.Alu64(AluOperation.Xor, R2, R4))
                .Add(Instructions.Move(R4, R2), Instructions.Alu64(AluOperation.ShiftRight, R4, 9), Instructions.Alu64(AluOperation.Add, R3, R4))
                .Add(Instructions.Alu64(AluOperation.Multiply, R2, 0x2545f495), Instructions.Alu64(AluOperation.Add, R2, i));
        }

        builder.Add(Instructions.Move(R0, R2), Instructions.Exit());
        ProgramSpec spec = new("straight", ProgramType.SkReuseport, AttachType.None, builder.Build(), []);
        Machine machine = new();
        machine.Context.SetFlat(PacketSet.Create(), 0, PacketSet.Size, writable: false);
        return (machine, CompiledProgram.Compile(LoadedProgram.Load(spec)), spec.InstructionSlots);
    }

    private static double Nanoseconds((Machine Machine, CompiledProgram Program, int Length) straight)
    {
        int runs = 40_000_000 / straight.Length;
        long start = ThreadTime.Now();
        for (int i = 0; i < runs; i++)
        {
            _ = straight.Machine.Run(straight.Program);
        }

        return (double)(ThreadTime.Now() - start) / runs / straight.Length;
    }
}
