using System.Management.Automation;
using Microsoft.PowerShell.Commands.Internal.Format;
using ReuseportPS.Shell;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsCommon.Format, "List")]
public sealed class FormatListCommand : OuterFormatTableAndListBase
{
    public FormatListCommand() => EngineInternals.SetFormatter(this, EngineInternals.NewShapeFormatter("List"));
}
