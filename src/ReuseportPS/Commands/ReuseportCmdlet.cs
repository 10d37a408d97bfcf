using System.Management.Automation;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Errors;

namespace ReuseportPS.Commands;

/// <summary>What every cmdlet of the module shares: errors from diagnostics, and Ctrl+C as a cancellation token.</summary>
public abstract class ReuseportCmdlet : PSCmdlet, IDisposable
{
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>Cancelled when the pipeline is stopped.</summary>
    protected CancellationToken StopToken => _stopping.Token;

    /// <inheritdoc/>
    protected override void StopProcessing() => _stopping.Cancel();

    /// <summary>Runs an action for one input object: its diagnostics become non-terminating errors on that object.</summary>
    protected void Guard(object? target, Action action)
    {
        try
        {
            action();
        }
        catch (DiagnosticException exception)
        {
            foreach (ErrorRecord record in ErrorRecordFactory.Create(exception, target))
            {
                WriteError(record);
            }
        }
        catch (OperationCanceledException) when (StopToken.IsCancellationRequested)
        {
            throw new PipelineStoppedException();
        }
    }

    /// <summary>As <see cref="Guard"/>, for what reads or writes files: their errors become errors on the object too.</summary>
    private protected void GuardFile(object? target, Action action, bool writes = false) => Guard(target, () =>
    {
        try
        {
            action();
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            WriteError(new ErrorRecord(exception, "FileNotFound", ErrorCategory.ObjectNotFound, target));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            WriteError(writes
                ? new ErrorRecord(exception, "FileUnwritable", ErrorCategory.WriteError, target)
                : new ErrorRecord(exception, "FileUnreadable", ErrorCategory.ReadError, target));
        }
    });

    /// <summary>Writes warnings and information of an accepted input.</summary>
    protected void WriteFindings(IEnumerable<Diagnostic> diagnostics)
    {
        foreach (Diagnostic diagnostic in diagnostics)
        {
            if (diagnostic.Severity == DiagnosticSeverity.Warning)
            {
                WriteWarning(diagnostic.ToString());
            }
            else if (diagnostic.Severity == DiagnosticSeverity.Information)
            {
                WriteVerbose(diagnostic.ToString());
            }
        }
    }

    /// <summary>Warns that the reading of a trace ended before the trace did.</summary>
    private protected void WriteFailure(Diagnostic failure) => WriteWarning($"{failure.Location}: {failure.Message} {failure.Remedy}");

    /// <summary>Warns of what nobody has compared with a kernel.</summary>
    private protected void WriteUnchecked(IEnumerable<string> findings)
    {
        foreach (string finding in findings)
        {
            WriteWarning(finding);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Releases what the cmdlet holds.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (disposing)
        {
            _stopping.Dispose();
        }
    }
}
