using System.Collections.Immutable;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Execution;
using ReuseportPS.Engine.Execution.Tracing;
using ReuseportPS.Engine.Programs;

namespace ReuseportPS.Simulator.Preview;

/// <summary>What one run of a program came to.</summary>
/// <param name="Verdict">What happens to the packet.</param>
/// <param name="Slot">The slot; -1 without one.</param>
/// <param name="ReturnValue">What the program returned: r0, of which the kernel looks at the lower half; for a classic program the index.</param>
/// <param name="InstructionCount">Instructions executed; null for a classic program, which the kernel translates.</param>
/// <param name="Hash">The flow's hash, which the program reads as <c>hash</c> of its context.</param>
/// <param name="Cpu">CPU that it ran on.</param>
/// <param name="Selections">Its calls of helper 82.</param>
/// <param name="Fault">What it did wrong, or null.</param>
/// <param name="FaultSource">The line of the source that did it, or null when it is not known.</param>
/// <param name="Trace">The run step by step; null when it was not recorded.</param>
public sealed record ProgramOutcome(
    ProgramVerdict Verdict, int Slot, ulong ReturnValue, long? InstructionCount, uint Hash, int Cpu, ImmutableArray<Selection> Selections,
    Fault? Fault, SourceLine? FaultSource, ExecutionTrace? Trace)
{
    /// <summary>What the last call of helper 82 returned, as an error number; None when it selected, or there was no call.</summary>
    public Errno Errno => Selections.IsEmpty ? Errno.None : Selections[^1].Result;
}
