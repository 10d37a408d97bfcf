using System.Management.Automation;
using Microsoft.PowerShell.Commands.Internal.Format;
using ReuseportPS.Shell;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsCommon.Format, "Table")]
public sealed class FormatTableCommand : OuterFormatTableBase
{
    public FormatTableCommand() => EngineInternals.SetFormatter(this, EngineInternals.NewShapeFormatter("Table"));
}
