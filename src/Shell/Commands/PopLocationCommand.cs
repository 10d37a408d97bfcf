using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsCommon.Pop, "Location")]
[OutputType(typeof(PathInfo))]
public sealed class PopLocationCommand : PSCmdlet
{
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    [Parameter(ValueFromPipelineByPropertyName = true)]
    public string? StackName { get; set; }

    protected override void ProcessRecord()
    {
        try
        {
            // Null where the stack is empty.
            PathInfo? location = SessionState.Path.PopLocation(StackName);
            if (PassThru)
            {
                WriteObject(location);
            }
        }
        catch (Exception problem) when (problem is SessionStateException or PSArgumentException)
        {
            WriteError(new ErrorRecord(((IContainsErrorRecord)problem).ErrorRecord, problem));
        }
    }
}
