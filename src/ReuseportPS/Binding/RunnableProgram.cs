using System.Management.Automation;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Engine.Programs;
using ReuseportPS.Model;
using ReuseportPS.Session;

namespace ReuseportPS.Binding;

/// <summary>The one program that a user means where one is to be run or attached.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Source">Where it is from; null for a text.</param>
/// <param name="Program">The program; null when it is a classic one.</param>
/// <param name="Classic">The classic program, or null.</param>
/// <param name="IsPolicy">Whether it was compiled from a policy.</param>
internal sealed record RunnableProgram(string Name, string? Source, SeatedProgram? Program, ClassicSteeringProgram? Classic, bool IsPolicy = false)
{
    /// <summary>Reads what a parameter was given.</summary>
    /// <param name="input">A program of either kind, a policy, bytes, or the path of a file with one of these.</param>
    /// <param name="seatMap">Name of the map for the seats, or null.</param>
    /// <param name="slotCount">Slots that a policy is compiled for.</param>
    /// <param name="resolve">Makes a path absolute.</param>
    /// <exception cref="DiagnosticException">It is no program, or several.</exception>
    public static RunnableProgram Read(object input, string? seatMap, int slotCount, Func<string, string> resolve)
    {
        object value = input is PSObject wrapped ? wrapped.BaseObject : input;
        return value switch
        {
            ClassicSteeringProgram classic => OfClassic(classic),
            SteeringPolicy policy => OfPolicy(policy, slotCount),
            AppliedSteeringPolicy { Policy: SteeringPolicy policy } => OfPolicy(policy, slotCount),
            FileInfo file => OfFile(file.FullName, seatMap, slotCount),
            string path => OfFile(resolve(path), seatMap, slotCount),
            _ => OfOne(ProgramInput.Read(value, slotCount, resolve), seatMap, value),
        };
    }

    private static RunnableProgram OfFile(string path, string? seatMap, int slotCount) =>
        Path.GetExtension(path).ToUpperInvariant() is ".YAML" or ".YML" ? OfPolicy(PolicyFile.Read(File.ReadAllText(path), path), slotCount)
        : ProgramFile.ReadClassic(path, SteeringProgramFormat.Auto) is ClassicSteeringProgram classic ? OfClassic(classic)
        : OfOne(ProgramFile.Read(path, SteeringProgramFormat.Auto).Programs, seatMap, path);

    private static RunnableProgram OfOne(IReadOnlyList<SteeringProgram> programs, string? seatMap, object input)
    {
        if (programs.Count != 1)
        {
            throw new DiagnosticException(ProgramDiagnostics.NoProgram.At(
                null, $"'{input}' has {programs.Count} programs: {string.Join(", ", programs.Select(program => program.Name))}.",
                "Choose one with Import-SteeringProgram -Name."));
        }

        SteeringProgram one = programs[0];
        return new RunnableProgram(one.Name, one.Source, SeatedProgram.Of(one.Program, one.Collection, seatMap), null);
    }

    private static RunnableProgram OfClassic(ClassicSteeringProgram classic) => new(classic.Name, classic.Source, null, classic);

    private static RunnableProgram OfPolicy(SteeringPolicy policy, int slotCount)
    {
        PolicyCompilation compilation = PolicyCompiler.Compile(policy, slotCount);
        return compilation.Compiled is CompiledPolicy compiled
            ? new RunnableProgram(policy.Name, $"policy '{policy.Name}'", SeatedProgram.Of(compiled), null, IsPolicy: true)
            : throw new DiagnosticException(compilation.Diagnostics);
    }
}
