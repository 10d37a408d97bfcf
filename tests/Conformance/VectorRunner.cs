using ReuseportPS.Engine.Execution;
using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Programs;

namespace ReuseportPS.Conformance;

/// <summary>Runs bytecode over a piece of memory.</summary>
internal sealed class VectorRunner
{
    private readonly Machine _machine = new();

    public VectorOutcome Run(byte[] bytecode, byte[] memory)
    {
        DecodeResult decoded = InstructionCodec.Decode(bytecode);
        if (!decoded.Succeeded)
        {
            return new VectorOutcome(0, [], string.Join("; ", decoded.Diagnostics));
        }

        ProgramSpec spec = new("vector", ProgramType.Syscall, AttachType.None, decoded.Instructions, []);
        if (!LoadedProgram.TryLoad(spec, [], out LoadedProgram? program, out var diagnostics))
        {
            return new VectorOutcome(0, [], string.Join("; ", diagnostics));
        }

        _machine.Context.SetFlat(memory, 0, memory.Length, writable: true);
        RunResult result = _machine.Run(program, memory.Length == 0 ? 0 : Machine.ContextAddress, (ulong)memory.Length);
        return new VectorOutcome(result.ReturnValue, memory, result.Fault?.ToString());
    }
}

/// <summary>What came of a vector: a return value and the memory afterwards, or an error.</summary>
internal sealed record VectorOutcome(ulong ReturnValue, byte[] Memory, string? Error);
