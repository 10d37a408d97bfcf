namespace ReuseportPS.Engine.Diagnostics;

/// <summary>What one code means; its page in docs/diagnostics is made from this.</summary>
/// <param name="Code">The code.</param>
/// <param name="Severity">How much it matters.</param>
/// <param name="Title">A few words.</param>
/// <param name="Explanation">When it is reported, and why it matters.</param>
/// <param name="Remedy">What to do about it; the remedy of a finding that has no better one.</param>
public sealed record DiagnosticDefinition(string Code, DiagnosticSeverity Severity, string Title, string Explanation, string Remedy)
{
    /// <summary>The definition of an error.</summary>
    public static DiagnosticDefinition Error(string code, string title, string explanation, string remedy) =>
        new(code, DiagnosticSeverity.Error, title, explanation, remedy);

    /// <summary>The definition of a warning.</summary>
    public static DiagnosticDefinition Warning(string code, string title, string explanation, string remedy) =>
        new(code, DiagnosticSeverity.Warning, title, explanation, remedy);

    /// <summary>The definition of an information.</summary>
    public static DiagnosticDefinition Information(string code, string title, string explanation, string remedy) =>
        new(code, DiagnosticSeverity.Information, title, explanation, remedy);

    /// <summary>A finding of this code.</summary>
    /// <param name="location">Where.</param>
    /// <param name="message">One sentence that names the object.</param>
    /// <param name="remedy">What to do in this case; null for <see cref="Remedy"/>.</param>
    public Diagnostic At(SourceLocation? location, string message, string? remedy = null) =>
        new(Code, Severity, message, location, remedy ?? Remedy);

    /// <summary>The page of the code.</summary>
    public string ToMarkdown() => $"""
        # {Code}: {Title}

        Severity: {Severity.ToString().ToLowerInvariant()}

        {Explanation}

        ## What to do

        {Remedy}

        """.ReplaceLineEndings("\n");
}
