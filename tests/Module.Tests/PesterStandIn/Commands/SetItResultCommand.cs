using System.Management.Automation;

namespace ReuseportPS.Module.Tests.PesterStandIn.Commands;

[Cmdlet("Set", "ItResult")]
public sealed class SetItResultCommand : PSCmdlet
{
    [Parameter(Mandatory = true, ParameterSetName = nameof(Inconclusive))]
    public SwitchParameter Inconclusive { get; set; }

    [Parameter(Mandatory = true, ParameterSetName = nameof(Skipped))]
    public SwitchParameter Skipped { get; set; }

    [Parameter]
    public string? Because { get; set; }

    protected override void EndProcessing()
    {
        string result = Inconclusive ? "inconclusive" : "skipped";
        ItResultException exception = new(string.IsNullOrWhiteSpace(Because) ? result : $"{result}, because {Because}");
        ThrowTerminatingError(new ErrorRecord(exception, "PesterTest" + ParameterSetName, ErrorCategory.OperationStopped, targetObject: null));
    }
}
