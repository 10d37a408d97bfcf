using System.Management.Automation;
using ReuseportPS.Shell;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsCommon.New, "Item", DefaultParameterSetName = "pathSet", SupportsShouldProcess = true)]
public sealed class NewItemCommand : ProviderCommand
{
    [Parameter(Position = 0, ParameterSetName = "pathSet", Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [Parameter(Position = 0, ParameterSetName = "nameSet", ValueFromPipelineByPropertyName = true)]
    public string[]? Path { get; set; }

    [Parameter(ParameterSetName = "nameSet", Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [AllowNull]
    [AllowEmptyString]
    public string? Name { get; set; }

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("Type")]
    public string? ItemType { get; set; }

    [Parameter(ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Target")]
    public object? Value { get; set; }

    [Parameter]
    public SwitchParameter Force { get; set; }

    protected override void Configure(object context) => EngineInternals.SetForce(context, Force);

    protected override object? ProviderParameters(object context)
    {
        string path = Path?.FirstOrDefault() is not { } first ? "." : string.IsNullOrEmpty(Name) ? WildcardPattern.Escape(first) : first;
        return EngineInternals.NewItemDynamicParameters(InvokeProvider.Item, path, ItemType, Value, context);
    }

    protected override void ProcessRecord()
    {
        foreach (string path in Path is { Length: > 0 } ? Path : [""])
        {
            Try(() => EngineInternals.New(InvokeProvider.Item, path, Name, ItemType, Value, NewContext()));
        }
    }
}
