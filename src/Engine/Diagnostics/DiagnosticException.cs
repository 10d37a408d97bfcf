using System.Collections.Immutable;

namespace ReuseportPS.Engine.Diagnostics;

/// <summary>Thrown by convenience overloads when an input has errors; carries every finding.</summary>
public class DiagnosticException : Exception
{
    /// <summary>An exception for one finding.</summary>
    public DiagnosticException(Diagnostic diagnostic, Exception? innerException = null)
        : this([diagnostic], innerException)
    {
    }

    /// <summary>An exception for several findings, at least one of them an error.</summary>
    public DiagnosticException(ImmutableArray<Diagnostic> diagnostics, Exception? innerException = null)
        : base(string.Join(Environment.NewLine, diagnostics), innerException) => Diagnostics = diagnostics;

    /// <summary>What was found, in the order of the input.</summary>
    public ImmutableArray<Diagnostic> Diagnostics { get; }
}
