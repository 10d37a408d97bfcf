using System.Management.Automation;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Errors;

/// <summary>The one place where diagnostics become error records: stable ids, real categories, the remedy as recommended action.</summary>
internal static class ErrorRecordFactory
{
    // Policy codes below this one are about the text, those from it on about what it says.
    private const string FirstMeaningCode = "RPS4020";

    /// <summary>One record per error among the diagnostics of an exception.</summary>
    public static IEnumerable<ErrorRecord> Create(DiagnosticException exception, object? target)
    {
        foreach (Diagnostic diagnostic in exception.Diagnostics.Where(found => found.Severity == DiagnosticSeverity.Error))
        {
            yield return Create(diagnostic, exception, target);
        }
    }

    /// <summary>The record of one diagnostic.</summary>
    public static ErrorRecord Create(Diagnostic diagnostic, Exception? exception, object? target)
    {
        (string id, ErrorCategory category) = Classify(diagnostic.Code, (exception as BackendException)?.Errno ?? Errno.None);
        string place = diagnostic.Location?.ToString() is { Length: > 0 } text ? text + ": " : "";
        string message = $"{place}{diagnostic.Message} [{diagnostic.Code}]";
        return new ErrorRecord(exception ?? new DiagnosticException(diagnostic), id, category, target)
        {
            ErrorDetails = new ErrorDetails(message)
            {
                RecommendedAction = diagnostic.Remedy ?? "",
            },
        };
    }

    private static (string Id, ErrorCategory Category) Classify(string code, Errno errno) => code switch
    {
        "RPS1035" => ("SeatMapNotKnown", ErrorCategory.InvalidArgument),
        "RPS1036" => ("MapContentsInvalid", ErrorCategory.InvalidArgument),
        "RPS5061" => ("ProgramRejected", ErrorCategory.InvalidData),
        "RPS5301" => ("GroupNotFound", ErrorCategory.ObjectNotFound),
        "RPS5302" => ("GroupExists", ErrorCategory.ResourceExists),
        "RPS5303" => ("SocketNotFound", ErrorCategory.ObjectNotFound),
        "RPS5304" => ("ReuseportNotSet", ErrorCategory.InvalidOperation),
        "RPS5305" => ("ForeignProgram", ErrorCategory.ResourceBusy),
        "RPS5306" => ("UnknownLayout", ErrorCategory.InvalidData),
        "RPS5307" => ("DamagedPins", ErrorCategory.InvalidData),
        "RPS5308" => ("NoMember", ErrorCategory.ObjectNotFound),
        "RPS5309" => ("InvalidRequest", ErrorCategory.InvalidArgument),
        "RPS5310" => ("NoPolicy", ErrorCategory.ObjectNotFound),
        "RPS5311" => ("InvalidGroupName", ErrorCategory.InvalidArgument),
        "RPS5320" => ("SlotNotFound", ErrorCategory.ObjectNotFound),
        "RPS5321" => ("NothingToChange", ErrorCategory.InvalidOperation),
        "RPS5322" => ("NobodyLeft", ErrorCategory.InvalidOperation),
        "RPS5323" => ("CannotSeat", ErrorCategory.InvalidOperation),
        "RPS5324" => ("NoGenerations", ErrorCategory.InvalidOperation),
        "RPS5400" => ("CannotFreeze", ErrorCategory.InvalidOperation),
        "RPS5401" => ("SeveralNamespaces", ErrorCategory.InvalidOperation),
        "RPS5402" or "RPS5403" => ("NamespaceEnded", ErrorCategory.InvalidOperation),
        "RPS5404" => ("ProcessNotFound", ErrorCategory.ObjectNotFound),
        "RPS5405" => ("InvalidUnitName", ErrorCategory.InvalidArgument),
        "RPS5406" => ("NotSimulated", ErrorCategory.NotImplemented),
        "RPS5407" => ("UnixGroupNotFound", ErrorCategory.ObjectNotFound),
        "RPS5325" => ("NoSamples", ErrorCategory.InvalidOperation),
        "RPS5326" => ("LostPins", ErrorCategory.ResourceBusy),
        "RPS5370" => ("NoFormerPolicy", ErrorCategory.ObjectNotFound),
        "RPS5371" => ("Unconfirmed", ErrorCategory.InvalidOperation),
        "RPS5372" => ("NothingToConfirm", ErrorCategory.ObjectNotFound),
        "RPS5373" => ("CannotReturn", ErrorCategory.InvalidOperation),
        "RPS5374" => ("TooLate", ErrorCategory.OperationTimeout),
        "RPS5375" => ("NothingReplaced", ErrorCategory.ObjectNotFound),
        "RPS5376" => ("Overtaken", ErrorCategory.ResourceBusy),
        "RPS5396" => ("SnapshotRefused", ErrorCategory.InvalidOperation),
        _ when code.StartsWith("RPS539", StringComparison.Ordinal) => ("SnapshotInvalid", ErrorCategory.InvalidData),
        _ when errno != Errno.None => ClassifyErrno(errno),
        _ when code.StartsWith("RPS1", StringComparison.Ordinal) => ("ProgramInvalid", ErrorCategory.InvalidData),
        _ when code.StartsWith("RPS2", StringComparison.Ordinal) => ("ObjectFileInvalid", ErrorCategory.InvalidData),
        _ when code.StartsWith("RPS3", StringComparison.Ordinal) => ("ProgramRejected", ErrorCategory.InvalidData),
        _ when code.StartsWith("RPS4", StringComparison.Ordinal) => string.CompareOrdinal(code, FirstMeaningCode) < 0
            ? ("PolicySyntaxError", ErrorCategory.ParserError)
            : ("PolicyInvalid", ErrorCategory.InvalidData),
        _ when code.StartsWith("RPS6", StringComparison.Ordinal) => ("TraceInvalid", ErrorCategory.InvalidData),
        _ when code.StartsWith("RPS7", StringComparison.Ordinal) => ("ScenarioInvalid", ErrorCategory.ParserError),
        _ => ("BackendFailed", ErrorCategory.InvalidOperation),
    };

    private static (string Id, ErrorCategory Category) ClassifyErrno(Errno errno) => errno switch
    {
        Errno.EPERM or Errno.EACCES => ("PermissionDenied", ErrorCategory.PermissionDenied),
        Errno.EBUSY => ("GroupBusy", ErrorCategory.ResourceBusy),
        Errno.EADDRINUSE or Errno.EEXIST => ("AddressInUse", ErrorCategory.ResourceExists),
        Errno.ENOSPC or Errno.E2BIG or Errno.ENOMEM or Errno.EMFILE or Errno.ENFILE => ("LimitExceeded", ErrorCategory.LimitsExceeded),
        Errno.ENOENT or Errno.ESRCH => ("NotFound", ErrorCategory.ObjectNotFound),
        Errno.ENOSYS or Errno.EOPNOTSUPP or Errno.ENOTSUPP => ("FeatureNotSupported", ErrorCategory.NotImplemented),
        _ => ("BackendFailed", ErrorCategory.InvalidOperation),
    };
}
