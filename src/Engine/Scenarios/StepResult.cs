using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Scenarios;

/// <summary>What came of one step.</summary>
/// <param name="Scenario">Name of the scenario.</param>
/// <param name="Case">Name of the case; empty when there is one only.</param>
/// <param name="Number">Number of the step, from 1; 0 for a case that was skipped as a whole.</param>
/// <param name="Step">The step.</param>
/// <param name="Expected">What was expected: <c>success</c>, an error name, or what must be seen.</param>
/// <param name="Actual">What came: likewise, or why the step was skipped.</param>
/// <param name="Outcome">Whether these agree.</param>
/// <param name="Errno">What the backend refused the step with, or None.</param>
public sealed record StepResult(
    string Scenario, string Case, int Number, ScenarioStep? Step, string Expected, string Actual, StepOutcome Outcome, Errno Errno);
