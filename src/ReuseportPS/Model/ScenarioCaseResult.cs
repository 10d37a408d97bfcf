using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Scenarios;

namespace ReuseportPS.Model;

/// <summary>What came of one case of a scenario.</summary>
/// <param name="Backend">Where it ran.</param>
/// <param name="Scenario">Name of the scenario.</param>
/// <param name="Case">The case's parameters; empty when there is one case only.</param>
/// <param name="StepCount">Steps.</param>
/// <param name="FailedCount">Steps that failed.</param>
/// <param name="SkippedCount">Steps that were not done.</param>
/// <param name="Outcome">Failed when a step failed, Skipped when the backend cannot run the case, else Passed.</param>
/// <param name="Detail">The first failure, or why it was skipped; empty otherwise.</param>
public sealed record ScenarioCaseResult(
    BackendKind Backend, string Scenario, string Case, int StepCount, int FailedCount, int SkippedCount, StepOutcome Outcome, string Detail)
{
    /// <summary>Whether every step did what was expected.</summary>
    public bool Passed => Outcome == StepOutcome.Passed;

    /// <summary>The outcome as the table shows it: failures stand out.</summary>
    public string Result => Outcome switch
    {
        StepOutcome.Passed => "ok",
        StepOutcome.Failed => "FAILED",
        _ => "skipped",
    };

    internal static ScenarioCaseResult Of(BackendKind backend, IReadOnlyList<StepResult> results)
    {
        bool isSkipped = results is [{ Number: 0 }];
        StepResult? failure = results.FirstOrDefault(result => result.Outcome == StepOutcome.Failed);
        return new ScenarioCaseResult(
            backend, results[0].Scenario, results[0].Case, isSkipped ? 0 : results.Count, results.Count(result => result.Outcome == StepOutcome.Failed),
            isSkipped ? 0 : results.Count(result => result.Outcome == StepOutcome.Skipped),
            failure is not null ? StepOutcome.Failed : isSkipped ? StepOutcome.Skipped : StepOutcome.Passed,
            failure is not null ? $"line {failure.Step?.Location?.Line}, {failure.Step?.Text}: expected {failure.Expected}, got {failure.Actual}" : isSkipped ? results[0].Actual : "");
    }
}
