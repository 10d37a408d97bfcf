using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsCommon.Set, "Location", DefaultParameterSetName = "Path")]
[OutputType(typeof(PathInfo))]
public sealed class SetLocationCommand : LocationCommand
{
    protected override void ProcessRecord() => GoTo(string.IsNullOrEmpty(Path) ? SessionState.Provider.GetOne("FileSystem").Home : Path);
}
