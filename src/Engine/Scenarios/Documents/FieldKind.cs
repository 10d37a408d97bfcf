using System.Text.Json.Nodes;
using ReuseportPS.Engine.Policies.Documents;

namespace ReuseportPS.Engine.Scenarios.Documents;

/// <summary>How a value is written: one place for the parser, the schema and the page.</summary>
/// <param name="Expected">What a value is called: <c>a number</c>.</param>
/// <param name="Read">Reads one: context, node, what it is called in messages; null after a finding.</param>
/// <param name="Schema">Its JSON Schema.</param>
internal sealed record FieldKind(string Expected, Func<FieldContext, DocumentNode, string, object?> Read, Func<JsonObject> Schema);
