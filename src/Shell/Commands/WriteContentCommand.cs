using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Provider;
using ReuseportPS.Shell;

namespace Microsoft.PowerShell.Commands;

/// <summary>What Set-Content and Add-Content share: they differ in what is done to the content before the first value.</summary>
public abstract class WriteContentCommand : ItemCommand, IDisposable
{
    private List<IContentWriter>? _writers;
    private bool _pathsArePiped;

    [Parameter(Mandatory = true, Position = 1, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [AllowNull]
    [AllowEmptyCollection]
    public object[]? Value { get; set; }

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <summary>What ShouldProcess says will be done.</summary>
    private protected abstract string Action { get; }

    public void Dispose()
    {
        CloseWriters();
        GC.SuppressFinalize(this);
    }

    /// <summary>Done to a path before its writers are opened.</summary>
    private protected virtual void BeforeOpen(string path)
    {
    }

    /// <summary>Done to a writer once it is open.</summary>
    private protected virtual void AfterOpen(IContentWriter writer)
    {
    }

    protected override object? ProviderParameters(object context) =>
        EngineInternals.GetContentWriterDynamicParameters(InvokeProvider.Content, FirstPath, context);

    protected override void BeginProcessing() => _pathsArePiped = Path.Length == 0;

    protected override void ProcessRecord()
    {
        if (_pathsArePiped)
        {
            CloseWriters();
        }

        _writers ??= OpenWriters();
        foreach (IContentWriter writer in _writers)
        {
            IList written = writer.Write(Value ?? []);
            if (PassThru && written is { Count: > 0 })
            {
                WriteObject(written, enumerateCollection: true);
            }
        }
    }

    protected override void EndProcessing() => CloseWriters();

    private List<IContentWriter> OpenWriters()
    {
        List<IContentWriter> writers = [];
        foreach (string path in Path.SelectMany(TargetsOf).Where(path => ShouldProcess($"Path: {path}", Action)))
        {
            Try(() =>
            {
                BeforeOpen(path);
                foreach (IContentWriter writer in EngineInternals.GetWriter(InvokeProvider.Content, path, NewContext()))
                {
                    writers.Add(writer);
                    AfterOpen(writer);
                }
            });
        }

        return writers;
    }

    // A path without wildcards that does not exist is a file to be made.
    private IEnumerable<string> TargetsOf(string path)
    {
        bool isName = Literal || !WildcardPattern.ContainsWildcardCharacters(path);
        try
        {
            string[] existing = [.. EngineInternals.GetResolvedPSPathFromPSPath(SessionState.Path, path, NewContext()).Select(info => info.Path)];
            if (existing.Length > 0 || !isName)
            {
                return existing;
            }
        }
        catch (ItemNotFoundException) when (isName)
        {
        }
        catch (Exception problem) when (problem is SessionStateException or PSNotSupportedException)
        {
            WriteError(new ErrorRecord(((IContainsErrorRecord)problem).ErrorRecord, problem));
            return [];
        }

        return [SessionState.Path.GetUnresolvedProviderPathFromPSPath(path, out ProviderInfo provider, out PSDriveInfo? drive) is { } full && provider.Name == "FileSystem" ? full : path];
    }

    private void CloseWriters()
    {
        foreach (IContentWriter writer in _writers ?? [])
        {
            writer.Close();
        }

        _writers = null;
    }
}
