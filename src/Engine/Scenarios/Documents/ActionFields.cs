using System.Collections.Immutable;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Policies.Documents;

namespace ReuseportPS.Engine.Scenarios.Documents;

/// <summary>The values of an action, as read by their kinds.</summary>
internal sealed class ActionFields(
    ActionDefinition definition, Dictionary<string, object> values, Dictionary<string, DocumentNode> nodes, DocumentNode place, FieldContext context)
{
    public FieldContext Context => context;

    /// <summary>Where the action is written.</summary>
    public DocumentNode Place => place;

    public bool Has(string key) => values.ContainsKey(key);

    /// <summary>A required value.</summary>
    public T Get<T>(string key) => (T)values[key];

    /// <summary>A value with a default.</summary>
    public T Get<T>(string key, T otherwise) => values.TryGetValue(key, out object? value) ? (T)value : otherwise;

    /// <summary>A reference, or null.</summary>
    public T? Find<T>(string key)
        where T : class => values.TryGetValue(key, out object? value) ? (T)value : null;

    /// <summary>A number, or null.</summary>
    public long? Number(string key) => values.TryGetValue(key, out object? value) ? (long)value : null;

    /// <summary>Where a value is written.</summary>
    public DocumentNode Node(string key) => nodes[key];

    public void Report(DiagnosticDefinition finding, string key, string message, string? remedy = null) => context.Findings.Report(finding, nodes[key], message, remedy);

    /// <summary>Which one of several keys was given; a finding and null unless exactly one was.</summary>
    public string? OneOf(params ImmutableArray<string> keys)
    {
        string[] given = [.. keys.Where(values.ContainsKey)];
        if (given.Length == 1)
        {
            return given[0];
        }

        context.Findings.Report(
            given.Length == 0 ? ScenarioDiagnostics.MissingKey : ScenarioDiagnostics.UnknownKey, place,
            given.Length == 0 ? $"'{definition.Key}' has none of {FindingLog.Quote(keys)}." : $"'{definition.Key}' has {FindingLog.Quote(given)}.", $"Give exactly one of {FindingLog.Quote(keys)}.");
        return null;
    }
}
