using System.Management.Automation;
using System.Management.Automation.Provider;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsCommon.Add, "Content", DefaultParameterSetName = "Path", SupportsShouldProcess = true)]
public sealed class AddContentCommand : WriteContentCommand
{
    private protected override string Action => "Add Content";

    private protected override void AfterOpen(IContentWriter writer) => writer.Seek(0, SeekOrigin.End);
}
