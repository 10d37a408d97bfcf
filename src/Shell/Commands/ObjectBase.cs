using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Internal;
using ReuseportPS.Shell;

namespace Microsoft.PowerShell.Commands;

/// <summary>What the commands share that collect their input and order it by -Property.</summary>
public abstract class ObjectBase : PSCmdlet
{
    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; } = AutomationNull.Value;

    [Parameter(Position = 0)]
    public object[]? Property { get; set; }

    [Parameter]
    public string? Culture { get; set; }

    [Parameter]
    public SwitchParameter CaseSensitive { get; set; }

    private protected List<PSObject> Input { get; } = [];

    private protected ObjectOrder Order => new(CaseSensitive, string.IsNullOrEmpty(Culture) ? null : new CultureInfo(Culture));

    protected override void ProcessRecord()
    {
        if (InputObject is not null && !ReferenceEquals(InputObject, AutomationNull.Value))
        {
            Input.Add(InputObject);
        }
    }
}
