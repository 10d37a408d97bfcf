using System.Collections.Immutable;

namespace ReuseportPS.Engine.Execution.Tracing;

/// <summary>A run, step by step.</summary>
/// <param name="Steps">The executed instructions, in order; the one that faulted is the last.</param>
/// <param name="IsComplete">Whether all are there; false when the run had more than was asked for.</param>
/// <param name="Result">Outcome of the run, the same as without a trace.</param>
public sealed record ExecutionTrace(ImmutableArray<TraceStep> Steps, bool IsComplete, RunResult Result);
