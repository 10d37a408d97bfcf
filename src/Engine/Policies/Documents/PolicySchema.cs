using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ReuseportPS.Engine.Policies.Documents;

/// <summary>The language as a JSON Schema (draft 2020-12) for editors, made from the words that the parser reads by. What hangs on more than one value only the parser finds.</summary>
public static class PolicySchema
{
    private const string Range = "^[0-9]+(\\s*-\\s*[0-9]+)?$";
    private const string Name = "^[A-Za-z][A-Za-z0-9._-]*$";
    private const string Hex = "^0x([0-9A-Fa-f]{2}){1,8}$";
    private const string Duration = "^[1-9][0-9]*(ms|s|m|h|d)$";

    private static readonly JsonSerializerOptions s_format = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, NewLine = "\n" };

    /// <summary>The schema; lines end with LF.</summary>
    public static string Write()
    {
        JsonObject root = Mapping(PolicyWords.PolicyKeys, PolicyProperty, "otherwise");
        root.Insert(0, "$schema", "https://json-schema.org/draft/2020-12/schema");
        root.Insert(1, "title", "ReuseportPS steering policy");
        root["$defs"] = new JsonObject
        {
            ["rule"] = Mapping(PolicyWords.RuleKeys, RuleProperty, "when").With("oneOf", new JsonArray(Required("steer"), Required("reject"))),
            ["match"] = Mapping(PolicyWords.MatchKeys, MatchProperty).With("minProperties", 1),
            ["bytes"] = Mapping(PolicyWords.BytesKeys, BytesProperty, "at").With("oneOf", new JsonArray(Required("equals"), Required("in"))),
            ["steer"] = Steer(),
            ["slot"] = AnyOf(Number(0, SlotItem.HighestSlot), Text(Name)),
            ["slots"] = OneOrMore(AnyOf(Number(0, SlotItem.HighestSlot), Text(Range), Text(Name))),
            ["field"] = Mapping(PolicyWords.FieldKeys, key => key == "at" ? Number(0, ConnectionIdBalancer.LongestId) : Number(1, 32), "bits"),
        };
        return root.ToJsonString(s_format) + "\n";
    }

    private static JsonObject PolicyProperty(string key) => key switch
    {
        "version" => new JsonObject { ["const"] = SteeringPolicy.LanguageVersion },
        "policy" => Title(),
        "protocol" => Words(PolicyWords.Protocols.Keys),
        "slots" => MapOf(Name, OneOrMore(AnyOf(Number(0, SlotItem.HighestSlot), Text(Range)))),
        "lists" => MapOf(Name, AnyOf(String(), new JsonObject { ["type"] = "array", ["items"] = String() })),
        "rules" => new JsonObject { ["type"] = "array", ["items"] = Reference("rule") },
        "otherwise" => AnyOf(Reference("steer"), Mapping(["reject"], _ => Const(true), "reject")),
        "on-miss" => AnyOf(Words(PolicyWords.Misses.Keys), Mapping(["slot"], _ => Reference("slot"), "slot")),

        // What YAML 1.1 editors read as false is the word off.
        "migrate" => new JsonObject { ["enum"] = new JsonArray([.. PolicyWords.Migrations.Keys.Order(StringComparer.Ordinal).Select(word => (JsonNode)word), false]) },
        "unseated" => Words(["none"]),
        _ => Mapping(PolicyWords.ObserveKeys, part => part == "counters" ? Const(true) : Text("^1/[1-9][0-9]*$")),
    };

    private static JsonObject RuleProperty(string key) => key switch
    {
        "name" => Title(),
        "when" => Reference("match"),
        "steer" => Reference("steer"),
        _ => Const(true),
    };

    private static JsonObject MatchProperty(string key) => key switch
    {
        "source" or "destination" => OneOrMore(String()),
        "source-port" or "destination-port" or "length" => Ranges(ushort.MaxValue),
        "cpu" => Ranges(PolicyDocumentReader.HighestCpu),
        "numa-node" => Ranges(PolicyDocumentReader.HighestNode),
        "protocol" => OneOrMore(Words(PolicyWords.TransportProtocols.Keys)),
        "family" => OneOrMore(Words(PolicyWords.Families.Keys)),
        "tcp-flags" => OneOrMore(Text($"^({Flags}|none(?=/))(/{Flags})?$")),
        "bytes" => OneOrMore(Reference("bytes")),
        "migrating" => OneOrMore(new JsonObject { ["type"] = "boolean" }),
        "fraction" => Text(@"^[0-9]+(\.[0-9]{1,4})?%$"),
        _ => OneOrMore(Reference("match")),
    };

    private static string Flags => $"({string.Join('|', TcpFlagsTest.Names)})(\\+({string.Join('|', TcpFlagsTest.Names)}))*";

    private static JsonObject BytesProperty(string key) => key switch
    {
        "at" => Number(0, BytesTest.HighestOffset),
        "in" => OneOrMore(Bytes()),
        _ => Bytes(),
    };

    /// <summary>For each balancer the keys that it uses.</summary>
    private static JsonObject Steer() => AnyOf(
    [
        .. PolicyWords.Balancers.Select(balancer => Mapping(
            [.. PolicyWords.ActionKeys.Where(key => key == "by" || PolicyWords.Uses(balancer, key))],
            key => key == "by" ? Const(balancer) : ActionProperty(balancer, key),
            [.. PolicyWords.RequiredOf(balancer).Prepend("by")])),
    ]);

    private static JsonObject ActionProperty(string balancer, string key) => key switch
    {
        "slot" => Reference("slot"),
        "to" or "new" or "old" => Reference("slots"),
        "weights" => MapOf(null, Number(0, SlotWeight.Highest)),
        "cpus" => MapOf(Range, Reference("slot")),
        "nodes" => MapOf("^[0-9]+$", Reference("slots")),
        "generations" => balancer == "generation"
            ? OneOrMore(AnyOf(Number(0, SlotItem.HighestSlot), Text(Range), Text(Name)))
            : MapOf("^[0-9]+$", Reference("slots")),
        "stale" => Text(Duration),
        "at" => Number(0, BytesTest.HighestOffset),
        "length" => Number(1, ConnectionIdBalancer.LongestId),
        "worker" or "generation" or "modulo" => Reference("field"),
        "cookie" => Mapping(["at"], _ => Number(0, ConnectionIdBalancer.LongestId)),
        "prefixes" => MapOf(null, Reference("slot")),
        "server-ids" => Mapping(PolicyWords.ServerIdKeys, part => part == "config" ? Number(0, PrefixLayout.HighestConfig) : MapOf(null, Reference("slot")), "ids"),
        "key" => OneOrMore(Words(PolicyWords.Keys.Keys)),
        "seed" => Number(0, uint.MaxValue),
        "table-size" => Number(3, ConsistentBalancer.LargestTable),
        "sticky" => Mapping(PolicyWords.StickyKeys, part => part == "entries" ? Number(1, StickyFlows.MostEntries) : Text(Duration), "entries", "idle"),
        _ => throw new ArgumentException($"no schema for '{key}'", nameof(key)),
    };

    private static JsonObject Mapping(ImmutableArray<string> keys, Func<string, JsonObject> property, params string[] required)
    {
        JsonObject properties = [];
        foreach (string key in keys)
        {
            properties[key] = property(key);
        }

        JsonObject mapping = new() { ["type"] = "object", ["additionalProperties"] = false, ["properties"] = properties };
        return required.Length == 0 ? mapping : mapping.With("required", new JsonArray([.. required.Select(key => (JsonNode)key)]));
    }

    private static JsonObject MapOf(string? names, JsonObject value)
    {
        JsonObject map = new() { ["type"] = "object" };
        if (names is not null)
        {
            map["propertyNames"] = new JsonObject { ["pattern"] = names };
        }

        map["additionalProperties"] = value;
        return map;
    }

    private static JsonObject Required(string key) => new() { ["required"] = new JsonArray(key) };

    private static JsonObject Ranges(int highest) => OneOrMore(AnyOf(Number(0, highest), Text(Range)));

    private static JsonObject Bytes() => AnyOf(Number(0, byte.MaxValue), Text(Hex));

    private static JsonObject Title() => new() { ["type"] = new JsonArray("string", "number", "boolean") };

    private static JsonObject String() => new() { ["type"] = "string" };

    private static JsonObject Text(string pattern) => new() { ["type"] = "string", ["pattern"] = pattern };

    private static JsonObject Number(long minimum, long maximum) => new() { ["type"] = "integer", ["minimum"] = minimum, ["maximum"] = maximum };

    private static JsonObject Const(JsonNode value) => new() { ["const"] = value };

    private static JsonObject Words(IEnumerable<string> words) => new() { ["enum"] = new JsonArray([.. words.Order(StringComparer.Ordinal).Select(word => (JsonNode)word)]) };

    private static JsonObject Reference(string definition) => new() { ["$ref"] = "#/$defs/" + definition };

    private static JsonObject AnyOf(params JsonObject[] schemas) => new() { ["anyOf"] = new JsonArray([.. schemas.Cast<JsonNode>()]) };

    private static JsonObject OneOrMore(JsonObject item) => AnyOf(item, new JsonObject { ["type"] = "array", ["minItems"] = 1, ["items"] = item.DeepClone() });

    private static JsonObject With(this JsonObject schema, string key, JsonNode value)
    {
        schema[key] = value;
        return schema;
    }
}
