using System.Collections.Immutable;
using ReuseportPS.Engine.Execution.Tracing;
using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Maps;

namespace ReuseportPS.Engine.Execution;

public sealed partial class Machine
{
    /// <summary>Runs a program with the context's address in r1 and 0 in r2, and tells of each instruction. The outcome is that of a plain run.</summary>
    /// <param name="program">The program.</param>
    /// <param name="maxSteps">Steps to tell of; the run goes on beyond them.</param>
    /// <param name="cancellationToken">Looked at at the beginning.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled; the machine may be used again.</exception>
    public ExecutionTrace Trace(LoadedProgram program, int maxSteps = 10_000, CancellationToken cancellationToken = default) =>
        Trace(program, ContextAddress, 0, maxSteps, cancellationToken);

    /// <summary>Runs a program and tells of each instruction. The outcome is that of a plain run.</summary>
    /// <param name="program">The program.</param>
    /// <param name="r1">First argument.</param>
    /// <param name="r2">Second argument.</param>
    /// <param name="maxSteps">Steps to tell of; the run goes on beyond them.</param>
    /// <param name="cancellationToken">Looked at at the beginning.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled; the machine may be used again.</exception>
    public ExecutionTrace Trace(LoadedProgram program, ulong r1, ulong r2, int maxSteps = 10_000, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(maxSteps);
        TraceRecorder recorder = new(maxSteps);
        _recorder = recorder;
        try
        {
            RunResult result = Run(program, r1, r2, cancellationToken);
            return recorder.Finish(this, result);
        }
        finally
        {
            _recorder = null;
        }
    }

    internal ImmutableArray<ulong> ReadRegisters()
    {
        ReadOnlySpan<ulong> registers = _registers;
        return [.. registers[..((int)Register.R10 + 1)]];
    }

    /// <summary>The bytes at an address and what they belong to; none where the program could not read them.</summary>
    internal ImmutableArray<byte> Peek(ulong address, int size, out string? region)
    {
        if (size <= 0 || !TryLocate(address, size, false, out byte[] bytes, out int index))
        {
            region = null;
            return [];
        }

        region = _regions[(uint)(address >> 32)].Name;
        return [.. bytes.AsSpan(index, size)];
    }

    /// <summary>The map at an address, or null.</summary>
    internal BpfMap? FindMap(ulong address)
    {
        uint place = (uint)(address >> 32) - MapTag - FirstMap;
        return place < _mapCount && (uint)address == 0 ? _maps[place] : null;
    }
}
