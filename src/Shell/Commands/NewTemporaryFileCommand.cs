using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsCommon.New, "TemporaryFile", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low)]
[OutputType(typeof(FileInfo))]
public sealed class NewTemporaryFileCommand : PSCmdlet
{
    protected override void EndProcessing()
    {
        string folder = Path.GetTempPath();
        if (!ShouldProcess(folder))
        {
            return;
        }

        try
        {
            WriteObject(new FileInfo(Path.GetTempFileName()));
        }
        catch (IOException problem)
        {
            ThrowTerminatingError(new ErrorRecord(problem, "NewTemporaryFileWriteError", ErrorCategory.WriteError, folder));
        }
    }
}
