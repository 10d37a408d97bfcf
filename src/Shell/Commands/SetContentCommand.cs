using System.Management.Automation;
using ReuseportPS.Shell;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsCommon.Set, "Content", DefaultParameterSetName = "Path", SupportsShouldProcess = true)]
public sealed class SetContentCommand : WriteContentCommand
{
    private protected override string Action => "Set Content";

    private protected override void BeforeOpen(string path)
    {
        try
        {
            // What clearing writes is not output of this command.
            object context = NewContext();
            EngineInternals.SetPassThru(context, false);
            EngineInternals.Clear(InvokeProvider.Content, path, context);
            EngineInternals.ThrowFirstErrorOrDoNothing(context, wrapExceptionInProviderException: true);
        }
        catch (Exception problem) when (problem is ItemNotFoundException or PSNotSupportedException)
        {
            // Nothing to clear: the writer makes the item, or the provider replaces content by itself.
        }
    }
}
