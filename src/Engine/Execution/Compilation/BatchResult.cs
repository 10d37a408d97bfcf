using System.Collections.Immutable;

namespace ReuseportPS.Engine.Execution.Compilation;

/// <summary>What came of a batch.</summary>
/// <param name="InstructionCount">Instructions executed in all its runs; 0 when <see cref="ContextBatch.CountsInstructions"/> is not set.</param>
/// <param name="Faults">The runs without a result, in order.</param>
public readonly record struct BatchResult(long InstructionCount, ImmutableArray<BatchFault> Faults);
