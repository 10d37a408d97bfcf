using System.Management.Automation;
using ReuseportPS.Shell;

namespace Microsoft.PowerShell.Commands;

/// <summary>A command on existing items, given by -Path (wildcards) or -LiteralPath, with the usual filters.</summary>
public abstract class PathCommand : ProviderCommand
{
    [Parameter(Position = 0, ParameterSetName = "Path", Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    public string[] Path { get; set; } = [];

    [Parameter(ParameterSetName = "LiteralPath", Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "LP")]
    public string[] LiteralPath
    {
        get => Path;
        set
        {
            Literal = true;
            Path = value;
        }
    }

    [Parameter]
    public string? Filter { get; set; }

    [Parameter]
    public string[]? Include { get; set; }

    [Parameter]
    public string[]? Exclude { get; set; }

    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>The first path, by which the provider's own parameters are chosen.</summary>
    private protected string FirstPath => Path.FirstOrDefault() ?? ".";

    protected override void Configure(object context)
    {
        SetFilters(context, Include, Exclude, Filter);
        EngineInternals.SetForce(context, Force);
    }
}
