using System.Management.Automation;
using ReuseportPS.Shell;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsDiagnostic.Test, "Path", DefaultParameterSetName = "Path")]
[OutputType(typeof(bool))]
public sealed class TestPathCommand : ProviderCommand
{
    [Parameter(Position = 0, ParameterSetName = "Path", Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [AllowNull]
    [AllowEmptyCollection]
    [AllowEmptyString]
    public string?[]? Path { get; set; }

    [Parameter(ParameterSetName = "LiteralPath", Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "LP")]
    [AllowNull]
    [AllowEmptyCollection]
    [AllowEmptyString]
    public string?[]? LiteralPath
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
    [Alias("Type")]
    public TestPathType PathType { get; set; } = TestPathType.Any;

    [Parameter]
    public SwitchParameter IsValid { get; set; }

    protected override void Configure(object context) => SetFilters(context, Include, Exclude, Filter);

    protected override object? ProviderParameters(object context) =>
        IsValid ? null : EngineInternals.ItemExistsDynamicParameters(InvokeProvider.Item, Path?.FirstOrDefault() ?? ".", context);

    protected override void ProcessRecord()
    {
        foreach (string? path in Path is { Length: > 0 } ? Path : [null])
        {
            if (path is null)
            {
                WriteError(new ErrorRecord(
                    new ArgumentNullException("The provided Path argument was null or an empty collection."), "NullPathNotPermitted", ErrorCategory.InvalidArgument, Path));
            }
            else
            {
                WriteObject(!string.IsNullOrWhiteSpace(path) && Holds(path, NewContext()));
            }
        }
    }

    private bool Holds(string path, object context)
    {
        try
        {
            return IsValid
                ? EngineInternals.IsValid(SessionState.Path, path, context)
                : EngineInternals.Exists(InvokeProvider.Item, path, context) && IsOfType(path, context);
        }
        catch (Exception problem) when (problem is SessionStateException or PSNotSupportedException)
        {
            return false;
        }
    }

    private bool IsOfType(string path, object context) =>
        PathType == TestPathType.Any
        || EngineInternals.IsContainer(InvokeProvider.Item, path, context) == (PathType == TestPathType.Container);
}
