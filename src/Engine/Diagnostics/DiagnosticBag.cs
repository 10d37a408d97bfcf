using System.Collections.Immutable;
using System.Globalization;

namespace ReuseportPS.Engine.Diagnostics;

/// <summary>Collects findings, the first hundred of them; the rest are counted, so that a damaged text cannot flood its reader.</summary>
/// <param name="more">What says that there are more.</param>
internal sealed class DiagnosticBag(DiagnosticDefinition more)
{
    private const int Most = 100;
    private readonly List<Diagnostic> _diagnostics = [];
    private int _more;

    public bool HasErrors { get; private set; }

    /// <summary>Whether further findings are only counted, so that no work need go into their texts.</summary>
    public bool IsFull => _diagnostics.Count == Most;

    public void Add(Diagnostic diagnostic)
    {
        HasErrors |= diagnostic.Severity == DiagnosticSeverity.Error;
        if (_diagnostics.Count < Most)
        {
            _diagnostics.Add(diagnostic);
        }
        else
        {
            _more++;
        }
    }

    public ImmutableArray<Diagnostic> ToImmutable() => _more == 0
        ? [.. _diagnostics]
        : [.. _diagnostics, more.At(null, string.Create(CultureInfo.InvariantCulture, $"There are {_more} more findings."))];
}
