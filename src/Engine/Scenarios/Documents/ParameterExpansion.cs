using System.Collections.Immutable;
using System.Text;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Policies.Documents;

namespace ReuseportPS.Engine.Scenarios.Documents;

/// <summary>
/// Puts parameters in: a value that is <c>$(name)</c> becomes the parameter, whatever it is, and a list of them in a list becomes its items;
/// within a text <c>$(name)</c> becomes the parameter's text. <c>$(a.b)</c> is the value of key b in parameter a; <c>$$(</c> is <c>$(</c>.
/// </summary>
internal sealed class ParameterExpansion(FindingLog findings)
{
    private const int Deepest = 16;
    private const int MostNodes = 1_200_000;

    private int _nodes;

    /// <summary>Whether there were too many values: the rest is left out.</summary>
    public bool IsExhausted => _nodes > MostNodes;

    public DocumentNode Expand(DocumentNode node, IReadOnlyDictionary<string, DocumentNode> parameters) => Expand(node, parameters, 0);

    private DocumentNode Expand(DocumentNode node, IReadOnlyDictionary<string, DocumentNode> parameters, int depth)
    {
        if (++_nodes > MostNodes)
        {
            if (_nodes == MostNodes + 1)
            {
                findings.Report(ScenarioDiagnostics.TooLarge, node, "The parameters of the scenario give too many values.");
            }

            return node;
        }

        switch (node)
        {
            case DocumentScalar scalar:
                return Expand(scalar, parameters, depth);
            case DocumentList list:
                ImmutableArray<DocumentNode>.Builder items = ImmutableArray.CreateBuilder<DocumentNode>(list.Items.Length);
                foreach (DocumentNode item in list.Items)
                {
                    DocumentNode expanded = Expand(item, parameters, depth);
                    if (item is DocumentScalar && expanded is DocumentList spliced)
                    {
                        items.AddRange(spliced.Items);
                    }
                    else
                    {
                        items.Add(expanded);
                    }
                }

                return new DocumentList(items.ToImmutable(), list.Location);
            case DocumentMap map:
                return new DocumentMap([.. map.Entries.Select(entry => new DocumentEntry(
                    Expand(entry.Key, parameters, depth) as DocumentScalar ?? entry.Key, Expand(entry.Value, parameters, depth)))], map.Location);
            default:
                return node;
        }
    }

    private DocumentNode Expand(DocumentScalar scalar, IReadOnlyDictionary<string, DocumentNode> parameters, int depth)
    {
        string text = scalar.Text;
        int at = text.IndexOf("$(", StringComparison.Ordinal);
        if (at < 0)
        {
            return scalar;
        }

        if (at == 0 && text.IndexOf(')', StringComparison.Ordinal) == text.Length - 1)
        {
            return Find(scalar, text[2..^1], parameters, depth) ?? new DocumentScalar("", false, scalar.Location);
        }

        StringBuilder result = new();
        int from = 0;
        for (; at >= 0; at = text.IndexOf("$(", from, StringComparison.Ordinal))
        {
            int end = text.IndexOf(')', at);
            if (at > 0 && text[at - 1] == '$')
            {
                result.Append(text, from, at - 1 - from).Append("$(");
                from = at + 2;
                continue;
            }

            if (end < 0)
            {
                findings.Report(ScenarioDiagnostics.UnknownParameter, scalar, $"{scalar.Kind} begins a parameter with '$(' and does not end it.");
                break;
            }

            result.Append(text, from, at - from);
            string name = text[(at + 2)..end];
            if (Find(scalar, name, parameters, depth) is DocumentNode value)
            {
                if (value is DocumentScalar part)
                {
                    result.Append(part.Text);
                }
                else
                {
                    findings.Report(ScenarioDiagnostics.UnknownParameter, scalar, $"The parameter '{name}' is {value.Kind} and stands inside a text.");
                }
            }

            from = end + 1;
        }

        return new DocumentScalar(result.Append(text, from, text.Length - from).ToString(), scalar.IsQuoted, scalar.Location);
    }

    private DocumentNode? Find(DocumentScalar place, string path, IReadOnlyDictionary<string, DocumentNode> parameters, int depth)
    {
        if (depth == Deepest)
        {
            findings.Report(ScenarioDiagnostics.UnknownParameter, place, $"The parameter '{path}' refers to itself, or to others more than 16 deep.");
            return null;
        }

        string[] keys = path.Split('.');
        if (!parameters.TryGetValue(keys[0], out DocumentNode? value))
        {
            string? meant = Spelling.Closest(keys[0], parameters.Keys);
            findings.Report(ScenarioDiagnostics.UnknownParameter, place, $"There is no parameter '{keys[0]}'.", meant is null ? null : $"Did you mean '{meant}'?");
            return null;
        }

        foreach (string key in keys.Skip(1))
        {
            value = value is DocumentMap map ? map.Entries.FirstOrDefault(entry => entry.Key.Text == key).Value : null;
            if (value is null)
            {
                findings.Report(ScenarioDiagnostics.UnknownParameter, place, $"The parameter '{keys[0]}' has no '{key}' ({path}).");
                return null;
            }
        }

        return Expand(value, parameters, depth + 1);
    }
}
