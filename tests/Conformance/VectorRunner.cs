using System.Collections.Immutable;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Execution;
using ReuseportPS.Engine.Execution.Compilation;
using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Programs;

namespace ReuseportPS.Conformance;

/// <summary>Runs bytecode over a piece of memory: r1 is its address (0 when it is empty), r2 its length.</summary>
/// <param name="engine">Who runs it.</param>
internal sealed class VectorRunner(Engine engine)
{
    private readonly Machine _machine = new();

    public VectorOutcome Run(byte[] bytecode, byte[] memory)
    {
        DecodeResult decoded = InstructionCodec.Decode(bytecode);
        if (!decoded.Succeeded)
        {
            return new VectorOutcome(default, memory, decoded.Diagnostics);
        }

        ProgramSpec spec = new("vector", ProgramType.Syscall, AttachType.None, decoded.Instructions, []);
        if (!LoadedProgram.TryLoad(spec, [], out LoadedProgram? program, out ImmutableArray<Diagnostic> diagnostics))
        {
            return new VectorOutcome(default, memory, diagnostics);
        }

        _machine.Context.SetFlat(memory, 0, memory.Length, writable: true);
        ulong r1 = memory.Length == 0 ? 0 : Machine.ContextAddress;
        RunResult result = engine == Engine.Compiled
            ? _machine.Run(CompiledProgram.Compile(program), r1, (ulong)memory.Length)
            : _machine.Run(program, r1, (ulong)memory.Length);
        return new VectorOutcome(result, memory, []);
    }
}

/// <summary>What came of a vector: a run, the memory after it, or the reasons why there was none.</summary>
internal sealed record VectorOutcome(RunResult Result, byte[] Memory, ImmutableArray<Diagnostic> Diagnostics)
{
    /// <summary>Why there is no return value, or null.</summary>
    public string? Error => Diagnostics.IsEmpty ? Result.Fault?.ToString() : string.Join("; ", Diagnostics);
}

/// <summary>Who runs a program.</summary>
public enum Engine
{
    /// <summary>The interpreter.</summary>
    Interpreter,

    /// <summary>The compiled form.</summary>
    Compiled,
}
