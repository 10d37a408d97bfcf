using System.Management.Automation;
using ReuseportPS.Module.Tests.PesterStandIn.Operators;

namespace ReuseportPS.Module.Tests.PesterStandIn.Commands;

/// <summary>One assertion. Each operator is a parameter set; what it means is in <see cref="ShouldOperator"/>.</summary>
[Cmdlet(PesterLanguage.Verb, "Should")]
public sealed class ShouldCommand : PSCmdlet
{
    private readonly List<object?> _input = [];

    [Parameter(ValueFromPipeline = true)]
    [AllowNull]
    [AllowEmptyString]
    [AllowEmptyCollection]
    public object? ActualValue { get; set; }

    [Parameter]
    public SwitchParameter Not { get; set; }

    [Parameter]
    public string? Because { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = nameof(Be))]
    public SwitchParameter Be { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = nameof(BeExactly))]
    public SwitchParameter BeExactly { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = nameof(BeNullOrEmpty))]
    public SwitchParameter BeNullOrEmpty { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = nameof(BeTrue))]
    public SwitchParameter BeTrue { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = nameof(BeFalse))]
    public SwitchParameter BeFalse { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = nameof(BeOfType))]
    [Alias("HaveType")]
    public SwitchParameter BeOfType { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = nameof(BeGreaterThan))]
    public SwitchParameter BeGreaterThan { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = nameof(BeGreaterOrEqual))]
    public SwitchParameter BeGreaterOrEqual { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = nameof(BeLessThan))]
    public SwitchParameter BeLessThan { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = nameof(BeLessOrEqual))]
    public SwitchParameter BeLessOrEqual { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = nameof(BeIn))]
    public SwitchParameter BeIn { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = nameof(BeLike))]
    public SwitchParameter BeLike { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = nameof(BeLikeExactly))]
    public SwitchParameter BeLikeExactly { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = nameof(Contain))]
    public SwitchParameter Contain { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = nameof(Exist))]
    public SwitchParameter Exist { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = nameof(HaveCount))]
    public SwitchParameter HaveCount { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = nameof(HaveParameter))]
    public SwitchParameter HaveParameter { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = nameof(Match))]
    public SwitchParameter Match { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = nameof(MatchExactly))]
    public SwitchParameter MatchExactly { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = nameof(FileContentMatch))]
    public SwitchParameter FileContentMatch { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = nameof(Throw))]
    public SwitchParameter Throw { get; set; }

    [Parameter(Position = 0, ParameterSetName = nameof(Be))]
    [Parameter(Position = 0, ParameterSetName = nameof(BeExactly))]
    [Parameter(Position = 0, ParameterSetName = nameof(BeGreaterThan))]
    [Parameter(Position = 0, ParameterSetName = nameof(BeGreaterOrEqual))]
    [Parameter(Position = 0, ParameterSetName = nameof(BeLessThan))]
    [Parameter(Position = 0, ParameterSetName = nameof(BeLessOrEqual))]
    [Parameter(Position = 0, ParameterSetName = nameof(BeIn))]
    [Parameter(Position = 0, ParameterSetName = nameof(BeLike))]
    [Parameter(Position = 0, ParameterSetName = nameof(BeLikeExactly))]
    [Parameter(Position = 0, ParameterSetName = nameof(Contain))]
    [Parameter(Position = 0, ParameterSetName = nameof(HaveCount))]
    [AllowNull]
    [AllowEmptyString]
    [AllowEmptyCollection]
    public object? ExpectedValue { get; set; }

    [Parameter(Position = 0, ParameterSetName = nameof(BeOfType))]
    public object? ExpectedType { get; set; }

    [Parameter(Position = 0, ParameterSetName = nameof(Match))]
    [Parameter(Position = 0, ParameterSetName = nameof(MatchExactly))]
    public object? RegularExpression { get; set; }

    [Parameter(Position = 0, ParameterSetName = nameof(FileContentMatch))]
    public object? ExpectedContent { get; set; }

    [Parameter(Position = 0, ParameterSetName = nameof(Throw))]
    public string? ExpectedMessage { get; set; }

    [Parameter(Position = 1, ParameterSetName = nameof(Throw))]
    public string? ErrorId { get; set; }

    [Parameter(Position = 2, ParameterSetName = nameof(Throw))]
    public Type? ExceptionType { get; set; }

    [Parameter(ParameterSetName = nameof(Throw))]
    public SwitchParameter PassThru { get; set; }

    [Parameter(Position = 0, ParameterSetName = nameof(HaveParameter))]
    public string? ParameterName { get; set; }

    [Parameter(Position = 1, ParameterSetName = nameof(HaveParameter))]
    public object? Type { get; set; }

    [Parameter(ParameterSetName = nameof(HaveParameter))]
    public SwitchParameter Mandatory { get; set; }

    [Parameter(ParameterSetName = nameof(HaveParameter))]
    public string? InParameterSet { get; set; }

    [Parameter(ParameterSetName = nameof(HaveParameter))]
    public SwitchParameter HasArgumentCompleter { get; set; }

    [Parameter(ParameterSetName = nameof(HaveParameter))]
    public string[]? Alias { get; set; }

    /// <summary>The value after the operator, whatever its name.</summary>
    internal object? Expected => ExpectedValue ?? ExpectedType ?? RegularExpression ?? ExpectedContent;

    /// <summary>A PowerShell expression over <c>$actual</c> and <c>$expected</c>, so that its operators are PowerShell's own.</summary>
    internal bool Holds(ScriptBlock expression, object? actual, object? expected) =>
        LanguagePrimitives.IsTrue(Evaluate(expression, actual, expected));

    internal IReadOnlyList<PSObject> Evaluate(ScriptBlock expression, params object?[] arguments) =>
        InvokeCommand.InvokeScript(useLocalScope: true, expression, input: null, arguments);

    protected override void ProcessRecord() => _input.Add(ActualValue);

    protected override void EndProcessing()
    {
        ShouldOperator assertion = ShouldOperator.Named(ParameterSetName);
        try
        {
            foreach (object? actual in Subjects(assertion))
            {
                if (assertion.Fails(this, actual) is { } message)
                {
                    Fail(new ShouldException(message), "PesterAssertionFailed");
                }
            }
        }
        catch (ArgumentException exception)
        {
            Fail(exception, "PesterAssertionMisused");
        }
    }

    // From the pipe an array arrives taken apart; an operator on whole collections gets it together again.
    private List<object?> Subjects(ShouldOperator assertion)
    {
        if (!assertion.TakesAll)
        {
            return _input.Count == 0 ? [null] : _input;
        }
        object?[] all = MyInvocation.ExpectingInput || ActualValue is null ? [.. _input] : Collections.Items(ActualValue);
        return [all];
    }

    private void Fail(Exception exception, string id) =>
        ThrowTerminatingError(new ErrorRecord(exception, id, ErrorCategory.InvalidResult, targetObject: null));
}
