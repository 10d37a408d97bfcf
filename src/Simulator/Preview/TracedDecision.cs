using System.Collections.Immutable;
using ReuseportPS.Engine.Execution.Tracing;
using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Simulator.Preview;

/// <summary>One decision and how it came about.</summary>
/// <param name="Decision">What the policy says, by the plain evaluator; the bytecode said the same.</param>
/// <param name="Values">The conditions that were looked at: of every rule up to the one that matched.</param>
/// <param name="Selections">The calls of helper 82.</param>
/// <param name="Instructions">Instructions executed.</param>
/// <param name="Trace">The run step by step; null when it was not recorded.</param>
public sealed record TracedDecision(
    PolicyDecision Decision, ImmutableArray<RuleValue> Values, ImmutableArray<Selection> Selections, long Instructions, ExecutionTrace? Trace);
