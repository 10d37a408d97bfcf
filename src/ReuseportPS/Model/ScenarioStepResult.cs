using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Scenarios;

namespace ReuseportPS.Model;

/// <summary>What came of one step of a scenario.</summary>
/// <param name="Backend">Where it ran.</param>
/// <param name="Scenario">Name of the scenario.</param>
/// <param name="Case">The case's parameters; empty when there is one case only.</param>
/// <param name="Step">Number of the step, from 1; 0 for a case that was skipped as a whole.</param>
/// <param name="Line">Its line in the file, or null.</param>
/// <param name="Action">The step in a few words.</param>
/// <param name="Expected">What was expected.</param>
/// <param name="Actual">What came, or why the step was skipped.</param>
/// <param name="Outcome">Passed, Failed or Skipped.</param>
/// <param name="Errno">Name of the error that the backend answered with, or null.</param>
public sealed record ScenarioStepResult(
    BackendKind Backend, string Scenario, string Case, int Step, int? Line, string Action, string Expected, string Actual, StepOutcome Outcome, string? Errno)
{
    internal ScenarioStepResult(BackendKind backend, StepResult result)
        : this(
            backend, result.Scenario, result.Case, result.Number, result.Step?.Location?.Line, result.Step?.Text ?? "the whole case", result.Expected, result.Actual,
            result.Outcome, result.Errno == Engine.Diagnostics.Errno.None ? null : result.Errno.ToString())
    {
    }

    /// <summary>Whether the step did what was expected; false too for one that was skipped.</summary>
    public bool Passed => Outcome == StepOutcome.Passed;

    /// <summary>The outcome as the table shows it: failures stand out.</summary>
    public string Result => Outcome switch
    {
        StepOutcome.Passed => "ok",
        StepOutcome.Failed => "FAILED",
        _ => "skipped",
    };
}
