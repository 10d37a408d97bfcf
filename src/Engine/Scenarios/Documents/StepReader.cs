using System.Collections.Immutable;
using System.Globalization;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Policies.Documents;

namespace ReuseportPS.Engine.Scenarios.Documents;

/// <summary>Reads the steps of one case, by the table of actions.</summary>
internal sealed class StepReader(FindingLog findings, ScenarioInputs inputs)
{
    private const int LongestText = 100;

    private readonly FieldContext _context = new(findings, new DeclaredNames(findings), inputs);

    public ImmutableArray<ScenarioStep> Read(DocumentNode node)
    {
        if (node is not DocumentList list)
        {
            findings.WrongType(node, "'steps'", "a list of steps");
            return [];
        }

        if (list.Items.IsEmpty)
        {
            findings.Report(ScenarioDiagnostics.MissingKey, node, "'steps' is empty.", "Add a step.");
        }

        return [.. list.Items.Select(ReadStep).OfType<ScenarioStep>()];
    }

    private ScenarioStep? ReadStep(DocumentNode node)
    {
        if (findings.Fields(node, "a step", [.. ActionTable.All.Keys, "errno", "note"]) is not { } fields)
        {
            return null;
        }

        string[] actions = [.. fields.Keys.Where(ActionTable.All.ContainsKey)];
        if (actions.Length != 1)
        {
            // An unknown key was probably the action, and has been told.
            if (actions.Length > 1 || !((DocumentMap)node).Entries.Any(entry => !fields.ContainsKey(entry.Key.Text)))
            {
                findings.Report(ScenarioDiagnostics.OneAction, node, actions.Length == 0 ? "A step has no action." : $"A step has {FindingLog.Quote(actions)}.");
            }

            return null;
        }

        ActionDefinition definition = ActionTable.All[actions[0]];
        Errno errno = fields.TryGetValue("errno", out DocumentNode? refusal) ? ReadErrno(refusal) : Errno.None;
        if (errno != Errno.None && definition.OnlyLooks)
        {
            findings.Report(ScenarioDiagnostics.NotRefusable, refusal!, $"'{definition.Key}' only looks, and cannot be refused with {errno}.");
        }

        DocumentNode value = fields[definition.Key];
        _context.MayBeRefused = errno != Errno.None;
        if (ReadFields(definition, value) is not { } read)
        {
            return null;
        }

        return definition.Create(read) is { } action ? new ScenarioStep(TextOf(definition, value), node.Location, action, errno) : null;
    }

    private ActionFields? ReadFields(ActionDefinition definition, DocumentNode value)
    {
        // A value alone is that of the first key.
        Dictionary<string, DocumentNode>? given = value is DocumentMap
            ? findings.Fields(value, $"'{definition.Key}'", [.. definition.Fields.Select(field => field.Key)])
            : new Dictionary<string, DocumentNode>(StringComparer.Ordinal) { [definition.Fields[0].Key] = value };
        if (given is null)
        {
            return null;
        }

        Dictionary<string, object> values = new(StringComparer.Ordinal);
        bool complete = true;
        foreach (ActionField field in definition.Fields)
        {
            if (given.TryGetValue(field.Key, out DocumentNode? node))
            {
                if (field.Kind.Read(_context, node, $"'{field.Key}' of '{definition.Key}'") is { } read)
                {
                    values.Add(field.Key, read);
                }
                else
                {
                    complete = false;
                }
            }
            else if (field.IsRequired)
            {
                findings.Report(ScenarioDiagnostics.MissingKey, value, $"'{definition.Key}' has no '{field.Key}'.", $"Add '{field.Key}': {field.Description}");
                complete = false;
            }
        }

        return complete ? new ActionFields(definition, values, given, value, _context) : null;
    }

    private Errno ReadErrno(DocumentNode node)
    {
        string text = (node as DocumentScalar)?.Text ?? "";
        if (text is "success")
        {
            return Errno.None;
        }

        if (Enum.TryParse(text, out Errno errno) && Enum.IsDefined(errno) && !char.IsAsciiDigit(text[0]) && errno != Errno.None)
        {
            return errno;
        }

        findings.UnknownWord(node, "'errno'", Enum.GetNames<Errno>().Where(name => name != nameof(Errno.None)).Append("success"));
        return Errno.None;
    }

    private static string TextOf(ActionDefinition definition, DocumentNode value)
    {
        string text = $"{definition.Key} {TextOf(value)}";
        return text.Length <= LongestText ? text : text[..LongestText] + "…";
    }

    private static string TextOf(DocumentNode node) => node switch
    {
        DocumentScalar scalar => scalar.Text.Contains('\n', StringComparison.Ordinal) ? "…" : scalar.Text,
        DocumentList list => $"[{string.Join(", ", list.Items.Select(TextOf))}]",
        DocumentMap map => string.Join(", ", map.Entries.Select((entry, at) => at == 0 ? TextOf(entry.Value) : string.Create(CultureInfo.InvariantCulture, $"{entry.Key.Text} {TextOf(entry.Value)}"))),
        _ => "",
    };
}
