using System.Text.Json;
using System.Text.Json.Nodes;

namespace ReuseportPS.Conformance;

/// <summary>
/// Runs vectors: {"id", "bytecode_hex", "mem_hex"} in; {"id", "r0", "mem_hex"} or {"id", "error"} out, in the same order. r1 is the address of the memory (0
/// when it is empty), r2 its length. A line that is no such object is answered too, with an error.
/// </summary>
internal static class ExecCommand
{
    public static void Run(Engine engine, Stream input, Stream output)
    {
        using StreamReader reader = new(input);
        using StreamWriter writer = new(output) { NewLine = "\n" };
        VectorRunner runner = new(engine);
        while (reader.ReadLine() is string line)
        {
            writer.WriteLine(Answer(runner, line).ToJsonString());
            writer.Flush();
        }
    }

    private static JsonObject Answer(VectorRunner runner, string line)
    {
        JsonObject answer = [];
        try
        {
            JsonObject question = JsonNode.Parse(line) as JsonObject ?? throw new JsonException("A line must be an object.");
            answer["id"] = question["id"]?.DeepClone();
            VectorOutcome outcome = runner.Run(Bytes(question, "bytecode_hex"), Bytes(question, "mem_hex"));
            if (outcome.Error is not null)
            {
                answer["error"] = outcome.Error;
            }
            else
            {
                answer["r0"] = $"0x{outcome.Result.ReturnValue:x}";
                answer["mem_hex"] = Convert.ToHexStringLower(outcome.Memory);
            }
        }
        catch (Exception exception) when (exception is JsonException or FormatException or InvalidOperationException or ArgumentException)
        {
            answer["error"] = exception.Message;
        }

        return answer;
    }

    private static byte[] Bytes(JsonObject question, string name) => Convert.FromHexString(question[name]?.GetValue<string>() ?? "");
}
