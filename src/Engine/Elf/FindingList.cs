using System.Collections.Immutable;
using System.Globalization;
using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Elf;

/// <summary>Collects the findings about one object, the first hundred of them; each is told the object's name.</summary>
internal sealed class FindingList(string source)
{
    private const int Most = 100;
    private readonly List<Diagnostic> _findings = [];
    private int _more;

    internal bool HasErrors { get; private set; }

    internal void Add(DiagnosticDefinition definition, string? section, long? offset, string message, string? remedy = null) =>
        Add(definition.At(new SourceLocation(Source: source, Section: section, Offset: offset), message, remedy));

    /// <summary>Adds a finding of another reader, at a place that is known there or here.</summary>
    internal void Add(Diagnostic finding, string? section = null) =>
        Add(finding with { Location = (finding.Location ?? new SourceLocation()) with { Source = source, Section = section ?? finding.Location?.Section } });

    internal ImmutableArray<Diagnostic> ToImmutable() => _more == 0
        ? [.. _findings]
        : [.. _findings, ElfDiagnostics.MoreFindings.At(new SourceLocation(Source: source), string.Create(CultureInfo.InvariantCulture, $"There are {_more} more findings."))];

    private void Add(Diagnostic finding)
    {
        HasErrors |= finding.Severity == DiagnosticSeverity.Error;
        if (_findings.Count < Most)
        {
            _findings.Add(finding);
        }
        else
        {
            _more++;
        }
    }
}
