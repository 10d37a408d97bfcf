using System.Globalization;
using System.Text.Json.Nodes;
using ReuseportPS.Engine.Maps;

namespace ReuseportPS.Engine.Tests.Maps;

/// <summary>
/// A line of map-cases.jsonl: a map, what BPF_MAP_CREATE said, and steps with what bpf(2) said to each, as Linux 6.18 answered on a machine with two possible CPUs.
/// Steps: update, lookup, delete, next, freeze; updatemap with one of the case's other maps (-1: none); keys lists all, in order.
/// </summary>
internal sealed record MapCase(string Name, MapSpec Spec, string Create, IReadOnlyList<MapSpec> Others, IReadOnlyList<JsonObject> Steps)
{
    /// <summary>Possible CPUs of the machine that answered.</summary>
    public const int CpuCount = 2;

    public static IEnumerable<MapCase> All() => TestData.Lines(TestData.PathOf("Maps", "map-cases.jsonl")).Select(x => new MapCase(
        (string)x.Case["name"]!,
        ReadSpec(x.Case["map"]!),
        (string)x.Case["create"]!,
        [.. (x.Case["maps"] as JsonArray ?? []).Select(map => ReadSpec(map!))],
        [.. (x.Case["steps"] as JsonArray ?? []).Select(step => step!.AsObject())]));

    private static MapSpec ReadSpec(JsonNode map) => new(
        "case", Enum.Parse<MapType>((string)map["type"]!), (int)map["key"]!, (int)map["value"]!, (int)map["max"]!, (MapFlags)((int?)map["flags"] ?? 0))
    {
        Inner = map["inner"] is JsonNode inner ? ReadSpec(inner) : null,
    };

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Name} ({Steps.Count} steps)");
}
