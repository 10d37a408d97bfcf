using System.Management.Automation;

namespace ReuseportPS.Module.Tests.PesterStandIn;

/// <summary>An error record as a failing test shows it: message, the line, file and line number.</summary>
internal static class ErrorText
{
    public static string Of(ErrorRecord error)
    {
        string message = error.ErrorDetails?.Message ?? error.Exception.Message;
        InvocationInfo? at = error.InvocationInfo;
        return string.IsNullOrEmpty(at?.ScriptName)
            ? message
            : $"{message}{Environment.NewLine}at {at.Line.Trim()}, {at.ScriptName}:{at.ScriptLineNumber}";
    }
}
