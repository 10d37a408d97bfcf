using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ReuseportPS.Engine.Scenarios.Documents;

/// <summary>The language as a JSON Schema (draft 2020-12), made from the table that the parser reads by.</summary>
public static class ScenarioSchema
{
    private static readonly JsonSerializerOptions s_format = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, NewLine = "\n" };

    /// <summary>The schema; lines end with LF.</summary>
    public static string Write()
    {
        JsonObject parameters = new() { ["type"] = "object" };
        JsonObject root = new()
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["title"] = "ReuseportPS scenario",
            ["type"] = "object",
            ["additionalProperties"] = false,
            ["required"] = new JsonArray("version", "steps"),
            ["properties"] = new JsonObject
            {
                ["version"] = new JsonObject { ["const"] = ScenarioDocument.LanguageVersion },
                ["scenario"] = new JsonObject { ["type"] = "string" },
                ["description"] = new JsonObject { ["type"] = "string" },
                ["needs"] = Needs(),
                ["values"] = parameters,
                ["matrix"] = new JsonObject { ["type"] = "object", ["additionalProperties"] = new JsonObject { ["type"] = "array" } },
                ["cases"] = new JsonObject { ["type"] = "array", ["items"] = parameters.DeepClone() },
                ["steps"] = OrParameter(new JsonObject { ["type"] = "array", ["minItems"] = 1, ["items"] = OrParameter(new JsonObject { ["$ref"] = "#/$defs/step" }) }),
            },
            ["$defs"] = new JsonObject
            {
                ["parameter"] = new JsonObject { ["type"] = "string", ["pattern"] = @"\$\(" },
                ["step"] = Step(),
            },
        };
        return root.ToJsonString(s_format) + "\n";
    }

    private static JsonObject Needs()
    {
        JsonObject word = new() { ["enum"] = new JsonArray([.. AbilityWords.All.Select(ability => (JsonNode)ability.Word)]) };
        return OrParameter(word, new JsonObject { ["type"] = "array", ["items"] = OrParameter((JsonObject)word.DeepClone()) });
    }

    private static JsonObject Step()
    {
        JsonObject properties = new()
        {
            ["errno"] = OrParameter(new JsonObject { ["enum"] = new JsonArray([.. Enum.GetNames<Diagnostics.Errno>().Where(name => name != "None").Append("success").Select(name => (JsonNode)name)]) }),
            ["note"] = new JsonObject { ["type"] = "string" },
        };
        foreach (ActionDefinition action in ActionTable.All.Values)
        {
            properties[action.Key] = Action(action);
        }

        return new JsonObject
        {
            ["type"] = "object",
            ["additionalProperties"] = false,
            ["properties"] = properties,
            ["oneOf"] = new JsonArray([.. ActionTable.All.Keys.Select(key => (JsonNode)new JsonObject { ["required"] = new JsonArray(key) })]),
        };
    }

    private static JsonObject Action(ActionDefinition action)
    {
        JsonObject properties = [];
        foreach (ActionField field in action.Fields)
        {
            JsonObject schema = OrParameter(field.Kind.Schema());
            schema["description"] = field.Description;
            properties[field.Key] = schema;
        }

        JsonObject mapping = new() { ["type"] = "object", ["additionalProperties"] = false, ["properties"] = properties };
        if (action.Fields.Any(field => field.IsRequired))
        {
            mapping["required"] = new JsonArray([.. action.Fields.Where(field => field.IsRequired).Select(field => (JsonNode)field.Key)]);
        }

        bool mayBeShort = action.Fields.Skip(1).All(field => !field.IsRequired);
        JsonObject all = mayBeShort ? OrParameter(mapping, action.Fields[0].Kind.Schema()) : OrParameter(mapping);
        all["description"] = action.Description;
        return all;
    }

    private static JsonObject OrParameter(params JsonObject[] schemas) => new() { ["anyOf"] = new JsonArray([.. schemas, FieldKinds.Reference()]) };
}
