using System.Management.Automation;
using ReuseportPS.Shell;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsCommon.Copy, "Item", DefaultParameterSetName = "Path", SupportsShouldProcess = true)]
public sealed class CopyItemCommand : ItemCommand
{
    [Parameter(Position = 1, ValueFromPipelineByPropertyName = true)]
    public string? Destination { get; set; }

    [Parameter]
    public SwitchParameter Container { get; set; } = true;

    [Parameter]
    public SwitchParameter Recurse { get; set; }

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    protected override void Configure(object context)
    {
        base.Configure(context);
        EngineInternals.SetPassThru(context, PassThru);
    }

    protected override object? ProviderParameters(object context) =>
        EngineInternals.CopyItemDynamicParameters(InvokeProvider.Item, FirstPath, Destination, Recurse, context);

    protected override void ProcessRecord()
    {
        CopyContainers containers = Container ? CopyContainers.CopyTargetContainer : CopyContainers.CopyChildrenOfTargetContainer;
        foreach (string path in Path)
        {
            Try(() => EngineInternals.Copy(InvokeProvider.Item, path, Destination, Recurse, containers, NewContext()));
        }
    }
}
