using System.Management.Automation;
using ReuseportPS.Shell;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsCommon.Get, "ChildItem", DefaultParameterSetName = "Items")]
public sealed class GetChildItemCommand : ProviderCommand
{
    private uint _depth = uint.MaxValue;

    [Parameter(Position = 0, ParameterSetName = "Items", ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    public string[]? Path { get; set; }

    [Parameter(ParameterSetName = "LiteralItems", Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "LP")]
    public string[]? LiteralPath
    {
        get => Path;
        set
        {
            Literal = true;
            Path = value;
        }
    }

    [Parameter(Position = 1)]
    public string? Filter { get; set; }

    [Parameter]
    public string[]? Include { get; set; }

    [Parameter]
    public string[]? Exclude { get; set; }

    [Parameter]
    [Alias("s", "r")]
    public SwitchParameter Recurse { get; set; }

    [Parameter]
    public uint Depth
    {
        get => _depth;
        set
        {
            _depth = value;
            Recurse = true;
        }
    }

    [Parameter]
    public SwitchParameter Force { get; set; }

    [Parameter]
    public SwitchParameter Name { get; set; }

    protected override void Configure(object context)
    {
        SetFilters(context, Include, Exclude, Filter);
        EngineInternals.SetForce(context, Force);
    }

    protected override object? ProviderParameters(object context)
    {
        string path = Path?.FirstOrDefault() ?? ".";
        return Name
            ? EngineInternals.GetChildNamesDynamicParameters(InvokeProvider.ChildItem, path, context)
            : EngineInternals.GetChildItemsDynamicParameters(InvokeProvider.ChildItem, path, Recurse, context);
    }

    protected override void ProcessRecord()
    {
        foreach (string path in Path is { Length: > 0 } ? Path : [""])
        {
            Try(() =>
            {
                if (Name)
                {
                    EngineInternals.GetNames(InvokeProvider.ChildItem, path, ReturnContainers.ReturnMatchingContainers, Recurse, Depth, NewContext());
                }
                else
                {
                    EngineInternals.Get(InvokeProvider.ChildItem, path, Recurse, Depth, NewContext());
                }
            });
        }
    }
}
