namespace ReuseportPS.Engine.Scenarios;

/// <summary>What came of a step.</summary>
public enum StepOutcome
{
    /// <summary>What was expected.</summary>
    Passed,

    /// <summary>Something else.</summary>
    Failed,

    /// <summary>It was not done: the backend cannot, or a step before it failed.</summary>
    Skipped,
}
