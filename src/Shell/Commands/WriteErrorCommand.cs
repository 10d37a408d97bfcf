using System.Management.Automation;
using ReuseportPS.Shell;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsCommunications.Write, "Error", DefaultParameterSetName = "NoException")]
public sealed class WriteErrorCommand : PSCmdlet
{
    [Parameter(Position = 0, Mandatory = true, ParameterSetName = "WithException")]
    public Exception? Exception { get; set; }

    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true, ParameterSetName = "NoException")]
    [Parameter(ParameterSetName = "WithException")]
    [AllowNull]
    [AllowEmptyString]
    [Alias("Msg")]
    public string? Message { get; set; }

    [Parameter(Position = 0, Mandatory = true, ParameterSetName = "ErrorRecord")]
    public ErrorRecord? ErrorRecord { get; set; }

    [Parameter(ParameterSetName = "NoException")]
    [Parameter(ParameterSetName = "WithException")]
    public ErrorCategory Category { get; set; } = ErrorCategory.NotSpecified;

    [Parameter(ParameterSetName = "NoException")]
    [Parameter(ParameterSetName = "WithException")]
    public string ErrorId { get; set; } = "";

    [Parameter(ParameterSetName = "NoException")]
    [Parameter(ParameterSetName = "WithException")]
    public object? TargetObject { get; set; }

    [Parameter]
    public string RecommendedAction { get; set; } = "";

    [Parameter]
    [Alias("Activity")]
    public string CategoryActivity { get; set; } = "";

    [Parameter]
    [Alias("Reason")]
    public string CategoryReason { get; set; } = "";

    [Parameter]
    [Alias("TargetName")]
    public string CategoryTargetName { get; set; } = "";

    [Parameter]
    [Alias("TargetType")]
    public string CategoryTargetType { get; set; } = "";

    protected override void ProcessRecord()
    {
        ErrorRecord error = ErrorRecord is null ? FromMessage() : new ErrorRecord(ErrorRecord, null);
        if (RecommendedAction.Length > 0)
        {
            error.ErrorDetails ??= new ErrorDetails(error.ToString());
            error.ErrorDetails.RecommendedAction = RecommendedAction;
        }

        SetIfGiven(CategoryReason, value => error.CategoryInfo.Reason = value);
        SetIfGiven(CategoryTargetName, value => error.CategoryInfo.TargetName = value);
        SetIfGiven(CategoryTargetType, value => error.CategoryInfo.TargetType = value);

        // The error is the caller's: its position is that of the function or script that called Write-Error.
        if (GetVariableValue("MyInvocation") is InvocationInfo caller)
        {
            EngineInternals.SetInvocation(error, caller);
            error.CategoryInfo.Activity = CategoryActivity.Length > 0 ? CategoryActivity : "Write-Error";
        }
        else
        {
            SetIfGiven(CategoryActivity, value => error.CategoryInfo.Activity = value);
        }

        WriteError(error);
    }

    private ErrorRecord FromMessage()
    {
        Exception cause = Exception ?? new WriteErrorException(Message);
        string id = ErrorId.Length > 0 ? ErrorId : cause.GetType().FullName!;
        ErrorRecord error = new(cause, id, Category, TargetObject);
        if (Exception is not null && !string.IsNullOrEmpty(Message))
        {
            error.ErrorDetails = new ErrorDetails(Message);
        }

        return error;
    }

    private static void SetIfGiven(string value, Action<string> set)
    {
        if (value.Length > 0)
        {
            set(value);
        }
    }
}
