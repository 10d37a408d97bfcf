namespace ReuseportPS.Engine.Diagnostics;

/// <summary>One finding about an input: what is wrong, where, and what to do about it.</summary>
/// <param name="Code">Stable code, <c>RPS</c> and four digits: 1xxx assembler and instruction set, 2xxx ELF and BTF, 3xxx verifier, 4xxx policy, 5xxx backend, 6xxx traces, 7xxx scenarios.</param>
/// <param name="Severity">How much it matters.</param>
/// <param name="Message">One sentence that names the object.</param>
/// <param name="Location">Where, or null when the input has no place to point at.</param>
/// <param name="Remedy">What the user can do, or null when the message says it already.</param>
public sealed record Diagnostic(
    string Code, DiagnosticSeverity Severity, string Message, SourceLocation? Location = null, string? Remedy = null)
{
    /// <summary>An error.</summary>
    public static Diagnostic Error(string code, string message, SourceLocation? location = null, string? remedy = null) =>
        new(code, DiagnosticSeverity.Error, message, location, remedy);

    /// <summary>A warning.</summary>
    public static Diagnostic Warning(string code, string message, SourceLocation? location = null, string? remedy = null) =>
        new(code, DiagnosticSeverity.Warning, message, location, remedy);

    /// <summary>The finding on one line: <c>web.yaml:7:3: error RPS4003: …</c>.</summary>
    public override string ToString()
    {
        string severity = Severity switch
        {
            DiagnosticSeverity.Error => "error",
            DiagnosticSeverity.Warning => "warning",
            _ => "information",
        };
        string place = Location?.ToString() is { Length: > 0 } text ? text + ": " : "";
        return $"{place}{severity} {Code}: {Message}{(Remedy is null ? "" : " " + Remedy)}";
    }
}
