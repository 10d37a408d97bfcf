using System.Management.Automation;
using ReuseportPS.Shell;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsCommon.Get, "Item", DefaultParameterSetName = "Path")]
public sealed class GetItemCommand : ItemCommand
{
    protected override object? ProviderParameters(object context) =>
        EngineInternals.GetItemDynamicParameters(InvokeProvider.Item, FirstPath, context);

    protected override void ProcessRecord()
    {
        foreach (string path in Path)
        {
            Try(() => EngineInternals.Get(InvokeProvider.Item, path, NewContext()));
        }
    }
}
