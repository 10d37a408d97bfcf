using System.Management.Automation;
using ReuseportPS.Shell;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsDiagnostic.Resolve, "Path", DefaultParameterSetName = "Path")]
[OutputType(typeof(PathInfo), typeof(string))]
public sealed class ResolvePathCommand : PathCommand
{
    [Parameter]
    public SwitchParameter Relative { get; set; }

    [Parameter]
    public SwitchParameter Force { get; set; }

    protected override void Configure(object context) => EngineInternals.SetForce(context, Force);

    protected override void ProcessRecord()
    {
        foreach (PathInfo resolved in Path.SelectMany(path => ResolvePaths(path, NewContext())))
        {
            WriteObject(Relative ? RelativeToLocation(resolved) : resolved);
        }
    }

    private string RelativeToLocation(PathInfo resolved)
    {
        PathInfo location = SessionState.Path.CurrentLocation;
        if (location.Drive is { } drive && resolved.Drive != drive && !resolved.ProviderPath.StartsWith(drive.Root, StringComparison.OrdinalIgnoreCase))
        {
            return resolved.Path;
        }

        string relative = SessionState.Path.NormalizeRelativePath(resolved.Path, location.ProviderPath);
        bool complete = relative.StartsWith(resolved.Drive?.Root ?? resolved.Path, StringComparison.OrdinalIgnoreCase) || relative.StartsWith('.');
        return complete ? relative : SessionState.Path.Combine(".", relative);
    }
}
