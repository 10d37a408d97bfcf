using System.Collections.ObjectModel;
using System.Management.Automation;

namespace ReuseportPS.Commands;

/// <summary>A cmdlet that reads files named by -Path (wildcards) or -LiteralPath.</summary>
public abstract class FileCmdlet : ReuseportCmdlet
{
    /// <summary>Files; wildcards are resolved.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = "Path")]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Path { get; set; } = [];

    /// <summary>Files, their names taken as they are.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = "LiteralPath")]
    [Alias("PSPath", "LP")]
    [ValidateNotNullOrEmpty]
    public string[] LiteralPath { get; set; } = [];

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (string path in ParameterSetName == "LiteralPath" ? LiteralPath : Path)
        {
            foreach (string file in Resolve(path))
            {
                GuardFile(file, () => ProcessFile(file));
            }
        }
    }

    /// <summary>Reads one file of the file system; diagnostics and I/O errors become errors on the file.</summary>
    private protected abstract void ProcessFile(string path);

    private Collection<string> Resolve(string path)
    {
        try
        {
            ProviderInfo provider;
            Collection<string> files = ParameterSetName == "LiteralPath"
                ? [SessionState.Path.GetUnresolvedProviderPathFromPSPath(path, out provider, out _)]
                : GetResolvedProviderPathFromPSPath(path, out provider);
            if (string.Equals(provider.Name, "FileSystem", StringComparison.Ordinal))
            {
                return files;
            }

            WriteError(new ErrorRecord(
                new PSArgumentException($"'{path}' is not in the file system."), "NotAFile", ErrorCategory.InvalidArgument, path));
        }
        catch (Exception exception) when (exception is ItemNotFoundException or System.Management.Automation.DriveNotFoundException or ProviderNotFoundException)
        {
            WriteError(new ErrorRecord(exception, "FileNotFound", ErrorCategory.ObjectNotFound, path));
        }

        return [];
    }
}
