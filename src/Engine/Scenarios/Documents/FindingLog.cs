using System.Collections.Immutable;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Policies.Documents;

namespace ReuseportPS.Engine.Scenarios.Documents;

/// <summary>What is found while reading. A place is told once, however many cases come by it.</summary>
internal sealed class FindingLog
{
    private readonly DiagnosticBag _bag = new(ScenarioDiagnostics.MoreFindings);
    private readonly HashSet<(string, string, SourceLocation?)> _seen = [];

    public bool HasErrors => _bag.HasErrors;

    public bool IsFull => _bag.IsFull;

    public ImmutableArray<Diagnostic> ToImmutable() => _bag.ToImmutable();

    public void Report(DiagnosticDefinition definition, DocumentNode node, string message, string? remedy = null)
    {
        message = char.ToUpperInvariant(message[0]) + message[1..];
        if (_seen.Add((definition.Code, message, node.Location)))
        {
            _bag.Add(definition.At(node.Location, message, remedy));
        }
    }

    public void WrongType(DocumentNode node, string what, string expected, string? remedy = null) =>
        Report(ScenarioDiagnostics.WrongType, node, $"{what} is {node.Kind}; expected {expected}.", remedy);

    public void UnknownWord(DocumentNode node, string what, IEnumerable<string> words)
    {
        string expected = $"Use one of {Quote(words)}.";
        if (node is not DocumentScalar { IsNull: false } scalar)
        {
            WrongType(node, what, "a word", expected);
            return;
        }

        string? meant = Spelling.Closest(scalar.Text, words);
        Report(ScenarioDiagnostics.UnknownWord, node, $"{scalar.Kind} is not a word for {what}.", meant is null ? expected : $"Did you mean '{meant}'? {expected}");
    }

    /// <summary>The node, if it is of a kind; else a finding.</summary>
    public T? Expect<T>(DocumentNode node, string what, string expected)
        where T : DocumentNode
    {
        if (node is T wanted && node is not DocumentScalar { IsNull: true })
        {
            return wanted;
        }

        WrongType(node, what, expected);
        return null;
    }

    /// <summary>The entries of a mapping, each key once.</summary>
    public List<DocumentEntry>? Entries(DocumentNode node, string what)
    {
        if (node is not DocumentMap map)
        {
            WrongType(node, what, "a mapping");
            return null;
        }

        return map.EachOnce(entry => Report(ScenarioDiagnostics.DuplicateKey, entry.Key, $"{what} has the key {entry.Key.Kind} twice."));
    }

    /// <summary>The values of a mapping whose keys are words of the language.</summary>
    public Dictionary<string, DocumentNode>? Fields(DocumentNode node, string what, ImmutableArray<string> known)
    {
        if (Entries(node, what) is not { } entries)
        {
            return null;
        }

        Dictionary<string, DocumentNode> fields = new(StringComparer.Ordinal);
        foreach ((DocumentScalar key, DocumentNode value) in entries)
        {
            if (known.Contains(key.Text))
            {
                fields.Add(key.Text, value);
            }
            else
            {
                string expected = $"{what} has {Quote(known)}.";
                Report(
                    ScenarioDiagnostics.UnknownKey, key, $"{what} has no key {key.Kind}.",
                    Spelling.Closest(key.Text, known) is string meant ? $"Did you mean '{meant}'?" : char.ToUpperInvariant(expected[0]) + expected[1..]);
            }
        }

        return fields;
    }

    public static string Quote(IEnumerable<string> words) => string.Join(", ", words.Select(word => $"'{word}'"));
}
