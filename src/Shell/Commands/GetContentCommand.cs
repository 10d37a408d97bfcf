using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Provider;
using ReuseportPS.Shell;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsCommon.Get, "Content", DefaultParameterSetName = "Path")]
public sealed class GetContentCommand : ItemCommand
{
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateRange(0, long.MaxValue)]
    public long ReadCount { get; set; } = 1;

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateRange(0, long.MaxValue)]
    [Alias("First", "Head")]
    public long TotalCount { get; set; } = -1;

    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateRange(0, int.MaxValue)]
    [Alias("Last")]
    public int Tail { get; set; } = -1;

    protected override object? ProviderParameters(object context) =>
        EngineInternals.GetContentReaderDynamicParameters(InvokeProvider.Content, FirstPath, context);

    protected override void ProcessRecord()
    {
        if (TotalCount >= 0 && Tail >= 0)
        {
            WriteError(new ErrorRecord(
                new InvalidOperationException("The parameters TotalCount and Tail cannot be used together. Please specify only one parameter."),
                "TailAndHeadCannotCoexist",
                ErrorCategory.InvalidOperation,
                targetObject: null));
            return;
        }

        if (TotalCount == 0)
        {
            return;
        }

        foreach (PathInfo path in Path.SelectMany(Existing))
        {
            Try(() => Read(path));
        }
    }

    private PathInfo[] Existing(string pattern)
    {
        PathInfo[]? found = null;
        if (Try(() => found = [.. EngineInternals.GetResolvedPSPathFromPSPath(SessionState.Path, pattern, NewContext())]) && found is [])
        {
            WriteError(new ErrorRecord(
                new ItemNotFoundException($"An object at the specified path {pattern} does not exist, or has been filtered by the -Include or -Exclude parameter."),
                "ItemNotFound",
                ErrorCategory.ObjectNotFound,
                Path));
        }

        return found ?? [];
    }

    private void Read(PathInfo path)
    {
        string escaped = Literal ? path.Path : WildcardPattern.Escape(path.Path);
        foreach (IContentReader reader in EngineInternals.GetReader(InvokeProvider.Content, escaped, NewContext()))
        {
            using (reader)
            {
                if (Tail >= 0 && path.Provider.Name != "FileSystem")
                {
                    WriteError(new ErrorRecord(
                        new InvalidOperationException("The Tail parameter currently is supported only for the FileSystem provider."), "TailNotSupported", ErrorCategory.InvalidOperation, Tail));
                    continue;
                }

                if (Tail >= 0)
                {
                    WriteTail(reader, path);
                }

                // After the tail this is what -Wait waits for.
                WriteAll(reader, path);
            }
        }
    }

    private void WriteAll(IContentReader reader, PathInfo path)
    {
        long read = 0;
        while (TotalCount < 0 || read < TotalCount)
        {
            long left = TotalCount < 0 ? long.MaxValue : TotalCount - read;
            // Zero asks the reader for everything.
            long wanted = ReadCount == 0 && TotalCount < 0 ? 0 : Math.Min(ReadCount == 0 ? long.MaxValue : ReadCount, left);
            IList block = reader.Read(wanted);
            if (block is not { Count: > 0 })
            {
                return;
            }

            read += block.Count;
            Write(block, read, path);
        }
    }

    // The whole content passes through a window of the last elements: a pipe or a device cannot be read from its end.
    private void WriteTail(IContentReader reader, PathInfo path)
    {
        Queue<object?> window = new();
        while (EngineInternals.ReadWithoutWaitingChanges(reader, readCount: 1) is [var element])
        {
            window.Enqueue(element);
            if (window.Count > Tail)
            {
                window.Dequeue();
            }
        }

        long read = 0;
        foreach (object?[] block in window.Chunk(ReadCount is > 0 and < int.MaxValue ? (int)ReadCount : int.MaxValue))
        {
            read += block.Length;
            Write(block, read, path);
        }
    }

    private void Write(IList block, long read, PathInfo path)
    {
        PSObject content = PSObject.AsPSObject(ReadCount == 1 ? block[0] : block);
        void Note(string name, object? value) => content.Properties.Add(new PSNoteProperty(name, value), preValidated: true);
        Note("PSPath", path.Path);
        try
        {
            Note("PSParentPath", SessionState.Path.ParseParent(path.Path, path.Drive?.Root ?? ""));
            Note("PSChildName", SessionState.Path.ParseChildName(path.Path));
        }
        catch (NotSupportedException)
        {
            // Variables and functions have no parents.
        }

        if (path.Drive is not null)
        {
            Note("PSDrive", path.Drive);
        }

        Note("PSProvider", path.Provider);
        Note("ReadCount", read);
        WriteObject(content);
    }
}
