namespace ReuseportPS.Engine.Diagnostics;

/// <summary>How much a <see cref="Diagnostic"/> matters.</summary>
public enum DiagnosticSeverity
{
    /// <summary>The input is used; the reader may want to know.</summary>
    Information,

    /// <summary>The input is used, and probably does not do what was meant.</summary>
    Warning,

    /// <summary>The input is refused.</summary>
    Error,
}
