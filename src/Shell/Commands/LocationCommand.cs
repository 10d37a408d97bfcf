using System.Management.Automation;
using ReuseportPS.Shell;

namespace Microsoft.PowerShell.Commands;

/// <summary>What the commands share that go to a location.</summary>
public abstract class LocationCommand : ProviderCommand
{
    [Parameter(Position = 0, ParameterSetName = "Path", ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    public string Path { get; set; } = "";

    [Parameter(ParameterSetName = "LiteralPath", Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "LP")]
    public string LiteralPath
    {
        get => Path;
        set
        {
            Literal = true;
            Path = value;
        }
    }

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <summary>Goes there.</summary>
    private protected void GoTo(string path)
    {
        try
        {
            Try(() => Write(EngineInternals.SetLocation(SessionState.Path, path, NewContext(), Literal)));
        }
        catch (PSArgumentException problem)
        {
            WriteError(new ErrorRecord(problem.ErrorRecord, problem));
        }
    }

    private void Write(PathInfo location)
    {
        if (PassThru)
        {
            WriteObject(location);
        }
    }
}
