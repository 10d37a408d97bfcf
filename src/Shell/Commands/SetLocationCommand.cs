using System.Management.Automation;
using ReuseportPS.Shell;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsCommon.Set, "Location", DefaultParameterSetName = "Path")]
[OutputType(typeof(PathInfo))]
public sealed class SetLocationCommand : ProviderCommand
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

    protected override void ProcessRecord()
    {
        string path = Path.Length > 0 ? Path : SessionState.Provider.GetOne("FileSystem").Home;
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
