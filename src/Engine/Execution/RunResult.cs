namespace ReuseportPS.Engine.Execution;

/// <summary>Outcome of one run.</summary>
/// <param name="ReturnValue">r0 at exit; 0 after a fault.</param>
/// <param name="InstructionCount">Instructions executed, lddw counting once; the faulting one included.</param>
/// <param name="Fault">Why there is no result, or null.</param>
public readonly record struct RunResult(ulong ReturnValue, long InstructionCount, Fault? Fault)
{
    /// <summary>Whether the program ran to its exit.</summary>
    public bool Succeeded => Fault is null;
}
