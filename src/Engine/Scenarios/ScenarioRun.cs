using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Scenarios;

/// <summary>Runs a scenario on a backend: each case in a private network namespace that is made for it and removed after it.</summary>
/// <param name="Scenario">The scenario.</param>
public sealed record ScenarioRun(Scenario Scenario)
{
    private const string Success = "success";

    /// <summary>Runs every case. What is refused within a case is a result; a backend that cannot make a namespace throws.</summary>
    /// <param name="backend">A backend for each case. A simulator is fresh for each, so that the cases do not depend on each other.</param>
    /// <param name="cancellation">Stops between two steps.</param>
    /// <exception cref="BackendException">No private network namespace can be made here.</exception>
    public IEnumerable<StepResult> Run(Func<IReuseportBackend> backend, CancellationToken cancellation = default)
    {
        foreach (ScenarioCase each in Scenario.Cases)
        {
            using IReuseportBackend own = backend();
            foreach (StepResult result in Run(each, own, cancellation))
            {
                yield return result;
            }
        }
    }

    /// <summary>Runs one case. When a step that changes something fails, the steps after it are skipped.</summary>
    public IEnumerable<StepResult> Run(ScenarioCase each, IReuseportBackend backend, CancellationToken cancellation = default)
    {
        if (each.Needs.Select(backend.Lacks).FirstOrDefault(reason => reason is not null) is string reason)
        {
            yield return new StepResult(Scenario.Name, each.Name, 0, null, "", reason, StepOutcome.Skipped, Errno.None);
            yield break;
        }

        using ScenarioHost host = new(backend);
        bool broken = false;
        for (int index = 0; index < each.Steps.Length; index++)
        {
            cancellation.ThrowIfCancellationRequested();
            ScenarioStep step = each.Steps[index];
            (Observation seen, Errno errno, bool fatal) = broken ? (new Observation("", "a step before it failed", false), Errno.None, true) : Do(step, host);
            yield return new StepResult(
                Scenario.Name, each.Name, index + 1, step, seen.Expected, seen.Actual,
                broken ? StepOutcome.Skipped : seen.Passed ? StepOutcome.Passed : StepOutcome.Failed, errno);
            broken |= fatal;
        }
    }

    private static (Observation Seen, Errno Errno, bool IsFatal) Do(ScenarioStep step, ScenarioHost host)
    {
        string expected = step.Errno == Errno.None ? Success : step.Errno.ToString();
        try
        {
            Observation? seen = step.Action.Run(host);
            if (seen is not null)
            {
                return (seen, Errno.None, false);
            }

            Observation done = Observation.Of(expected, Success);
            return (done, Errno.None, !done.Passed);
        }
        catch (BackendException exception)
        {
            bool passed = exception.Errno == step.Errno && exception.Errno != Errno.None;
            string name = exception.Errno == Errno.None ? "refused" : exception.Errno.ToString();
            return (new Observation(expected, passed ? name : $"{name}: {exception.Diagnostics[0].Message}", passed), exception.Errno, !passed);
        }
        catch (ScenarioException exception)
        {
            return (new Observation(expected, exception.Message, false), Errno.None, true);
        }
    }
}
