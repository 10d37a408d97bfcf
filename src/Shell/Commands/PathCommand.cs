using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

/// <summary>A command on items that are given by -Path (wildcards) or -LiteralPath.</summary>
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

    /// <summary>The first path, by which the provider's own parameters are chosen.</summary>
    private protected string FirstPath => Path.FirstOrDefault() ?? ".";
}
