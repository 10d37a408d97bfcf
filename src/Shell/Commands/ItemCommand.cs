using System.Management.Automation;
using ReuseportPS.Shell;

namespace Microsoft.PowerShell.Commands;

/// <summary>A command on existing items that may be chosen by filters.</summary>
public abstract class ItemCommand : PathCommand
{
    [Parameter]
    public string? Filter { get; set; }

    [Parameter]
    public string[]? Include { get; set; }

    [Parameter]
    public string[]? Exclude { get; set; }

    [Parameter]
    public SwitchParameter Force { get; set; }

    protected override void Configure(object context)
    {
        SetFilters(context, Include, Exclude, Filter);
        EngineInternals.SetForce(context, Force);
    }
}
