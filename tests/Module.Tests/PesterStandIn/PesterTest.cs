using System.Collections;
using System.Management.Automation;
using System.Text;

namespace ReuseportPS.Module.Tests.PesterStandIn;

public enum PesterOutcome
{
    NotRun,
    Passed,
    Failed,
    Skipped,
}

/// <summary>One It, for one item of its -ForEach.</summary>
public sealed class PesterTest(string name, PesterBlock block, ScriptBlock body, PesterData data, bool skip)
{
    private readonly List<string> _failures = [];
    private readonly List<string> _errorsWritten = [];
    private string? _skipReason = skip || block.Skip ? "-Skip in the file" : null;
    private int _stepsDone;
    private bool _ran;

    /// <summary>The names of the blocks around it and its own, templates expanded.</summary>
    public string FullName { get; } = string.Join(" > ", block.Lineage.Skip(1).Select(around => around.Name).Append(name));

    public PesterData Data { get; } = data;

    public bool Skip { get; } = skip || block.Skip;

    /// <summary>The setups from the outermost block inwards, then the test itself: all in one scope.</summary>
    public IReadOnlyList<ScriptBlock> Steps => Collect(block, SetupKind.BeforeEach, body);

    /// <summary>The teardowns from the innermost block outwards.</summary>
    public IReadOnlyList<ScriptBlock> Teardowns => [.. Collect(block, SetupKind.AfterEach).Reverse()];

    public PesterOutcome Outcome =>
        _failures.Count > 0 ? PesterOutcome.Failed :
        _skipReason is not null ? PesterOutcome.Skipped :
        _ran ? PesterOutcome.Passed : PesterOutcome.NotRun;

    /// <summary>Why it failed or was skipped.</summary>
    public string Reason
    {
        get
        {
            if (Outcome != PesterOutcome.Failed)
            {
                return _skipReason ?? "";
            }
            StringBuilder text = new(string.Join(Environment.NewLine, _failures));
            if (_errorsWritten.Count > 0)
            {
                text.AppendLine().Append("Errors written before: ").AppendJoin(Environment.NewLine, _errorsWritten);
            }
            return text.ToString();
        }
    }

    public Hashtable ArgumentsFor(ScriptBlock step) => Data.ArgumentsFor(step);

    public void StepDone() => _stepsDone++;

    public void Fail(ErrorRecord error)
    {
        if (error.Exception is ItResultException result)
        {
            _skipReason = result.Message;
        }
        else
        {
            Fail(ErrorText.Of(error));
        }
    }

    public void Fail(string why) => _failures.Add(why);

    public void NoteErrorWritten(ErrorRecord error) => _errorsWritten.Add(ErrorText.Of(error));

    /// <summary>Says that all is over; what left the test by break, continue or exit has not done every step.</summary>
    public void Finish()
    {
        _ran = true;
        if (Outcome == PesterOutcome.Passed && _stepsDone < Steps.Count + Teardowns.Count)
        {
            Fail("The test was left by break, continue or exit before its end.");
        }
    }

    private static ScriptBlock[] Collect(PesterBlock block, SetupKind kind, params ScriptBlock[] last) =>
        [.. block.Lineage.Select(around => around.Setup(kind)).OfType<ScriptBlock>(), .. last];
}
