using System.Management.Automation;
using ReuseportPS.Shell;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsCommon.Split, "Path", DefaultParameterSetName = "ParentSet")]
[OutputType(typeof(string), typeof(bool))]
public sealed class SplitPathCommand : ProviderCommand
{
    [Parameter(Position = 0, ParameterSetName = "ParentSet", Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Parameter(Position = 0, ParameterSetName = "LeafSet", Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Parameter(Position = 0, ParameterSetName = "LeafBaseSet", Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Parameter(Position = 0, ParameterSetName = "ExtensionSet", Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Parameter(Position = 0, ParameterSetName = "QualifierSet", Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Parameter(Position = 0, ParameterSetName = "NoQualifierSet", Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Parameter(Position = 0, ParameterSetName = "IsAbsoluteSet", Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    public string[] Path { get; set; } = [];

    [Parameter(ParameterSetName = "LiteralPathSet", Mandatory = true, ValueFromPipelineByPropertyName = true)]
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

    [Parameter(ParameterSetName = "QualifierSet", Mandatory = true, ValueFromPipelineByPropertyName = true)]
    public SwitchParameter Qualifier { get; set; }

    [Parameter(ParameterSetName = "NoQualifierSet", Mandatory = true, ValueFromPipelineByPropertyName = true)]
    public SwitchParameter NoQualifier { get; set; }

    [Parameter(ParameterSetName = "ParentSet", ValueFromPipelineByPropertyName = true)]
    public SwitchParameter Parent { get; set; } = true;

    [Parameter(ParameterSetName = "LeafSet", Mandatory = true, ValueFromPipelineByPropertyName = true)]
    public SwitchParameter Leaf { get; set; }

    [Parameter(ParameterSetName = "LeafBaseSet", Mandatory = true, ValueFromPipelineByPropertyName = true)]
    public SwitchParameter LeafBase { get; set; }

    [Parameter(ParameterSetName = "ExtensionSet", Mandatory = true, ValueFromPipelineByPropertyName = true)]
    public SwitchParameter Extension { get; set; }

    [Parameter(ParameterSetName = "IsAbsoluteSet", Mandatory = true)]
    public SwitchParameter IsAbsolute { get; set; }

    [Parameter]
    public SwitchParameter Resolve { get; set; }

    protected override void ProcessRecord()
    {
        IEnumerable<string> paths = Resolve ? Path.SelectMany(path => ResolvePaths(path, NewContext())).Select(resolved => resolved.Path) : Path;
        foreach (string path in paths)
        {
            Try(() => Write(path));
        }
    }

    private void Write(string path)
    {
        if (IsAbsolute)
        {
            WriteObject(SessionState.Path.IsPSAbsolute(path, out _));
        }
        else if (Qualifier)
        {
            WriteQualifier(path);
        }
        else if (NoQualifier)
        {
            WriteObject(WithoutQualifier(path));
        }
        else if (Leaf || LeafBase || Extension)
        {
            string leaf = EngineInternals.ParseChildName(SessionState.Path, path, NewContext(), useDefaultProvider: true);
            WriteObject(LeafBase ? System.IO.Path.GetFileNameWithoutExtension(leaf) : Extension ? System.IO.Path.GetExtension(leaf) : leaf);
        }
        else
        {
            WriteObject(EngineInternals.ParseParent(SessionState.Path, path, "", NewContext(), useDefaultProvider: true));
        }
    }

    private void WriteQualifier(string path)
    {
        int colon = path.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0)
        {
            WriteError(new ErrorRecord(
                new FormatException($"Cannot parse path because path '{path}' does not have a qualifier specified."), "ParsePathFormatError", ErrorCategory.InvalidArgument, path));
            return;
        }

        WriteObject(path[..(SessionState.Path.IsProviderQualified(path) ? colon + 2 : colon + 1)]);
    }

    private string WithoutQualifier(string path)
    {
        if (SessionState.Path.IsProviderQualified(path))
        {
            return path[(path.IndexOf("::", StringComparison.Ordinal) + 2)..];
        }

        // The root of the file system is an absolute path without a drive's name.
        bool hasDrive = SessionState.Path.IsPSAbsolute(path, out string drive) && path.Length > drive.Length + 1 && path[drive.Length] == ':';
        return hasDrive ? path[(drive.Length + 1)..] : path;
    }
}
