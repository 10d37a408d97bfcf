using System.Management.Automation;
using ReuseportPS.Binding;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Yaml;

namespace ReuseportPS.Commands;

/// <summary>Export-SteeringPolicy: writes a policy as YAML.</summary>
[Cmdlet(VerbsData.Export, "SteeringPolicy", SupportsShouldProcess = true)]
[OutputType(typeof(FileInfo), typeof(string))]
public sealed class ExportSteeringPolicyCommand : ReuseportCmdlet
{
    private readonly HashSet<string> _written = new(StringComparer.Ordinal);

    /// <summary>The policy: an object of Import-, New- or Get-SteeringPolicy, or the path of a YAML file.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipeline = true)]
    [PolicyTransformation]
    public SteeringPolicy Policy { get; set; } = null!;

    /// <summary>The file; {0} in its name stands for the name of the policy. Without it the text is returned.</summary>
    [Parameter(Position = 0)]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    /// <summary>Does not overwrite a file.</summary>
    [Parameter]
    public SwitchParameter NoClobber { get; set; }

    /// <summary>Returns the file.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        string text = PolicyYaml.Write(Policy);
        if (Path is null)
        {
            WriteObject(text);
            return;
        }

        GuardFile(Policy, () => Write(text, SessionState.Path.GetUnresolvedProviderPathFromPSPath(Path.Replace("{0}", Policy.Name, StringComparison.Ordinal))), writes: true);
    }

    private void Write(string text, string file)
    {
        if (!_written.Add(file))
        {
            WriteError(new ErrorRecord(
                new PSArgumentException($"'{file}' was just written, with another policy. Put {{0}} into the name: it stands for the policy's."), "FileWrittenTwice", ErrorCategory.InvalidArgument, Policy));
            return;
        }

        if (!ShouldProcess(file, $"Write policy '{Policy.Name}'"))
        {
            return;
        }

        using (StreamWriter writer = new(new FileStream(file, NoClobber ? FileMode.CreateNew : FileMode.Create)))
        {
            writer.Write(text);
        }

        if (PassThru)
        {
            WriteObject(new FileInfo(file));
        }
    }
}
