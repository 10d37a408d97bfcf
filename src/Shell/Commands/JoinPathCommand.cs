using System.Management.Automation;
using ReuseportPS.Shell;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsCommon.Join, "Path")]
[OutputType(typeof(string))]
public sealed class JoinPathCommand : ProviderCommand
{
    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath")]
    public string[] Path { get; set; } = [];

    [Parameter(Position = 1, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [AllowNull]
    [AllowEmptyString]
    [AllowEmptyCollection]
    public string[]? ChildPath { get; set; }

    [Parameter(Position = 2, ValueFromPipelineByPropertyName = true, ValueFromRemainingArguments = true)]
    [AllowNull]
    [AllowEmptyString]
    [AllowEmptyCollection]
    public string[]? AdditionalChildPath { get; set; }

    [Parameter]
    public SwitchParameter Resolve { get; set; }

    protected override void ProcessRecord()
    {
        string child = (ChildPath ?? []).Concat(AdditionalChildPath ?? [])
            .Aggregate("", (parent, next) => EngineInternals.Combine(SessionState.Path, parent, next, NewContext()));
        foreach (string path in Path)
        {
            Try(() => Write(EngineInternals.Combine(SessionState.Path, path, child, NewContext())));
        }
    }

    private void Write(string joined)
    {
        if (!Resolve)
        {
            WriteObject(joined);
            return;
        }

        foreach (PathInfo resolved in ResolvePaths(joined, NewContext()))
        {
            WriteObject(resolved.Path);
        }
    }
}
