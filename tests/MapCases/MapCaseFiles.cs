using System.Text.Json.Nodes;

namespace ReuseportPS.MapCases;

/// <summary>The recorded cases and traces, beside the tests.</summary>
internal static class MapCaseFiles
{
    public const string Cases = "map-cases.jsonl";
    public const string Traces = "map-traces.jsonl";

    /// <summary>The lines of a file.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="folder">Its folder; where the tests are, when null.</param>
    public static IEnumerable<JsonObject> Lines(string name, string? folder = null) =>
        File.ReadLines(Path.Combine(folder ?? Path.Combine(AppContext.BaseDirectory, "MapCases"), name)).Select(line => JsonNode.Parse(line)!.AsObject());

    public static IReadOnlyList<MapCase> AllCases() => [.. Lines(Cases).Select(MapCase.Read)];

    public static IReadOnlyList<MapTrace> AllTraces() => [.. Lines(Traces).Select(MapTrace.Read)];
}
