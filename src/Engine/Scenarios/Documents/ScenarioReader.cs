using System.Collections.Immutable;
using System.Globalization;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Policies.Documents;

namespace ReuseportPS.Engine.Scenarios.Documents;

/// <summary>Reads a scenario: its parameters first, then its steps once for each case.</summary>
internal sealed class ScenarioReader(ScenarioInputs inputs)
{
    private static readonly ImmutableArray<string> s_keys = ["version", "scenario", "description", "needs", "values", "matrix", "cases", "steps"];

    private readonly FindingLog _findings = new();

    public bool HasErrors => _findings.HasErrors;

    public ImmutableArray<Diagnostic> Findings => _findings.ToImmutable();

    public Scenario? Read(DocumentNode root, string name)
    {
        if (_findings.Fields(root, "a scenario", s_keys) is not { } fields)
        {
            return null;
        }

        if (!fields.TryGetValue("version", out DocumentNode? version))
        {
            _findings.Report(ScenarioDiagnostics.MissingKey, root, "A scenario has no 'version'.", "Add 'version: 1'.");
        }
        else if (version is not DocumentScalar { IsQuoted: false, Text: "1" })
        {
            _findings.Report(ScenarioDiagnostics.UnknownVersion, version, $"The version of the scenario language is {version.Kind}.");
        }

        if (fields.TryGetValue("scenario", out DocumentNode? title))
        {
            name = title is DocumentScalar { IsNull: false } text ? text.Text : name;
            _findings.Expect<DocumentScalar>(title, "'scenario'", "a text");
        }

        if (fields.TryGetValue("description", out DocumentNode? description))
        {
            _findings.Expect<DocumentScalar>(description, "'description'", "a text");
        }

        if (!fields.TryGetValue("steps", out DocumentNode? steps))
        {
            _findings.Report(ScenarioDiagnostics.MissingKey, root, "A scenario has no 'steps'.");
            return null;
        }

        ImmutableArray<ScenarioCase>.Builder cases = ImmutableArray.CreateBuilder<ScenarioCase>();
        ParameterExpansion expansion = new(_findings);
        foreach ((string caseName, Dictionary<string, DocumentNode> parameters) in Combinations(fields))
        {
            ImmutableArray<BackendAbility> needs = fields.TryGetValue("needs", out DocumentNode? needed) ? Needs(expansion.Expand(needed, parameters)) : [];
            StepReader reader = new(_findings, inputs);
            cases.Add(new ScenarioCase(caseName, needs, reader.Read(expansion.Expand(steps, parameters))));
            if (expansion.IsExhausted || _findings.IsFull)
            {
                break;
            }
        }

        return new Scenario(name, cases.ToImmutable());
    }

    private ImmutableArray<BackendAbility> Needs(DocumentNode node)
    {
        List<BackendAbility> needs = [];
        foreach (DocumentNode item in node is DocumentList list ? list.Items : [node])
        {
            if (item is DocumentScalar { IsNull: true })
            {
                continue;
            }

            int at = item is DocumentScalar scalar ? AbilityWords.All.FindIndex(word => word.Word == scalar.Text) : -1;
            if (at >= 0)
            {
                needs.Add(AbilityWords.All[at].Ability);
            }
            else
            {
                _findings.UnknownWord(item, "'needs'", AbilityWords.All.Select(word => word.Word));
            }
        }

        return [.. needs.Distinct()];
    }

    private List<(string Name, Dictionary<string, DocumentNode> Parameters)> Combinations(Dictionary<string, DocumentNode> fields)
    {
        List<(string Name, Dictionary<string, DocumentNode> Parameters)> all = [("", new Dictionary<string, DocumentNode>(StringComparer.Ordinal))];
        foreach (DocumentEntry value in Mapping(fields, "values"))
        {
            all[0].Parameters[value.Key.Text] = value.Value;
        }

        foreach (DocumentEntry dimension in Mapping(fields, "matrix"))
        {
            if (_findings.Expect<DocumentList>(dimension.Value, $"'{dimension.Key.Text}' of 'matrix'", "a list") is { } values)
            {
                all = Multiply(dimension.Key, all, values.Items.Select((value, at) => (Pairs: (IReadOnlyList<DocumentEntry>)[new DocumentEntry(dimension.Key, value)], at)));
            }
        }

        if (fields.TryGetValue("cases", out DocumentNode? cases) && _findings.Expect<DocumentList>(cases, "'cases'", "a list of mappings") is { } rows)
        {
            all = Multiply(cases, all, rows.Items.Select((row, at) => (Pairs: (IReadOnlyList<DocumentEntry>)(_findings.Entries(row, "a case") ?? []), at)));
        }

        return all;
    }

    private List<(string Name, Dictionary<string, DocumentNode> Parameters)> Multiply(
        DocumentNode place, List<(string Name, Dictionary<string, DocumentNode> Parameters)> all, IEnumerable<(IReadOnlyList<DocumentEntry> Pairs, int At)> values)
    {
        (IReadOnlyList<DocumentEntry> Pairs, int At)[] rows = [.. values];
        if ((long)all.Count * rows.Length > ScenarioDocument.MostCases)
        {
            _findings.Report(ScenarioDiagnostics.TooLarge, place, string.Create(CultureInfo.InvariantCulture, $"The scenario has more than {ScenarioDocument.MostCases} cases."));
            return [];
        }

        return
        [
            .. from before in all
               from row in rows
               select (Join(before.Name, NameOf(row.Pairs, row.At)), With(before.Parameters, row.Pairs)),
        ];
    }

    private static Dictionary<string, DocumentNode> With(Dictionary<string, DocumentNode> parameters, IReadOnlyList<DocumentEntry> pairs)
    {
        Dictionary<string, DocumentNode> all = new(parameters, StringComparer.Ordinal);
        foreach ((DocumentScalar key, DocumentNode value) in pairs)
        {
            all[key.Text] = value;
        }

        return all;
    }

    private static string Join(string left, string right) => left.Length == 0 ? right : right.Length == 0 ? left : $"{left}, {right}";

    // What is a text says itself; of a mapping its name does, and of anything else its number. A case that has a name is called by it alone.
    private static string NameOf(IReadOnlyList<DocumentEntry> pairs, int at) =>
        pairs.FirstOrDefault(pair => pair.Key.Text == "name").Value is DocumentScalar own
            ? own.Text
            : string.Join(", ", pairs.Select(pair => string.Create(CultureInfo.InvariantCulture, $"{pair.Key.Text}={pair.Value switch
            {
                DocumentScalar scalar => scalar.Text,
                DocumentMap map when map.Entries.FirstOrDefault(entry => entry.Key.Text == "name").Value is DocumentScalar name => name.Text,
                _ => (at + 1).ToString(CultureInfo.InvariantCulture),
            }}")));

    private List<DocumentEntry> Mapping(Dictionary<string, DocumentNode> fields, string key) =>
        fields.TryGetValue(key, out DocumentNode? node) ? _findings.Entries(node, $"'{key}'") ?? [] : [];
}
