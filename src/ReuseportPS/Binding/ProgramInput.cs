using System.Management.Automation;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Engine.Programs;
using ReuseportPS.Model;
using ReuseportPS.Session;

namespace ReuseportPS.Binding;

/// <summary>What a user may give where programs are wanted.</summary>
internal static class ProgramInput
{
    // The largest group: a sockarray of the kernel's limit.
    private const int MostSlots = 32768;

    /// <summary>The programs that a value stands for.</summary>
    /// <param name="input">A program, a policy, bytes, or the path of a file with any of these.</param>
    /// <param name="slotCount">Slots of the group that a policy is compiled for; 0 for the least power of two that it can be applied to.</param>
    /// <param name="resolve">Makes a path absolute.</param>
    /// <exception cref="DiagnosticException">It is no program.</exception>
    public static IReadOnlyList<SteeringProgram> Read(object input, int slotCount, Func<string, string> resolve)
    {
        object value = input is PSObject wrapped ? wrapped.BaseObject : input;
        return value switch
        {
            SteeringProgram program => [program],
            ProgramSpec spec => [new SteeringProgram(spec.Name, null, spec)],
            CompiledPolicy compiled => [new SteeringProgram(compiled.Program.Name, null, compiled.Program)],
            SteeringPolicy policy => [Compile(policy, slotCount)],
            AppliedSteeringPolicy { Policy: SteeringPolicy policy } => [Compile(policy, slotCount)],
            byte[] bytes => [ProgramFile.FromBytes(bytes, "program", null)],
            FileInfo file => ProgramFile.Read(file.FullName, SteeringProgramFormat.Auto).Programs,
            string path => ProgramFile.Read(resolve(path), SteeringProgramFormat.Auto).Programs,
            _ => throw new DiagnosticException(ProgramDiagnostics.NoProgram.At(null, $"'{value}' ({value.GetType().Name}) is not a program.")),
        };
    }

    private static SteeringProgram Compile(SteeringPolicy policy, int slotCount)
    {
        int slots = slotCount == 0 ? 1 : slotCount;
        PolicyCompilation compilation = PolicyCompiler.Compile(policy, slots);
        while (compilation.Compiled is null && slotCount == 0 && slots < MostSlots)
        {
            slots *= 2;
            compilation = PolicyCompiler.Compile(policy, slots);
        }

        return compilation.Compiled is null
            ? throw new DiagnosticException(compilation.Diagnostics)
            : new SteeringProgram(policy.Name, $"policy '{policy.Name}'", compilation.Compiled.Program);
    }
}
