using System.Management.Automation;
using ReuseportPS.Shell;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsCommon.Push, "Location", DefaultParameterSetName = "Path")]
[OutputType(typeof(PathInfo))]
public sealed class PushLocationCommand : ProviderCommand
{
    [Parameter(Position = 0, ParameterSetName = "Path", ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    public string? Path { get; set; }

    [Parameter(ParameterSetName = "LiteralPath", ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "LP")]
    public string? LiteralPath
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

    [Parameter(ValueFromPipelineByPropertyName = true)]
    public string? StackName { get; set; }

    protected override void ProcessRecord()
    {
        SessionState.Path.PushCurrentLocation(StackName);
        if (string.IsNullOrEmpty(Path))
        {
            return;
        }

        try
        {
            Try(() => Write(EngineInternals.SetLocation(SessionState.Path, Path, NewContext(), Literal)));
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
