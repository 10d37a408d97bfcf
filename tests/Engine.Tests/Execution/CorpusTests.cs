using System.Globalization;
using System.Text.Json.Nodes;
using ReuseportPS.Conformance;

namespace ReuseportPS.Engine.Tests.Execution;

/// <summary>The shared corpora, whose results are the kernel's.</summary>
public class CorpusTests
{
    [Theory]
    [InlineData(Conformance.Engine.Interpreter)]
    [InlineData(Conformance.Engine.Compiled)]
    public void Conformance_corpus(Conformance.Engine engine) => Run("conformance_public.jsonl", 100, engine);

    [Theory]
    [InlineData(Conformance.Engine.Interpreter)]
    [InlineData(Conformance.Engine.Compiled)]
    public void Fuzz_corpus(Conformance.Engine engine) => Run("fuzz_public.jsonl", 4000, engine);

    private static void Run(string name, int atLeast, Conformance.Engine engine)
    {
        string path = TestData.SharedCorpus(name);
        VectorRunner runner = new(engine);
        List<string> wrong = [];
        int count = 0;
        foreach ((int line, JsonObject vector) in TestData.Lines(path))
        {
            string expect = (string?)vector["expect"] ?? "result";
            bool foreign = vector["features"] is JsonArray features && features.Any(x => (string)x! == "ubpf_helpers_required");
            if (foreign || vector["bytecode_hex"] is not JsonNode code || expect is not ("result" or "load_error"))
            {
                continue;
            }

            count++;
            string memory = (string?)(vector["input_hex"] ?? vector["mem_hex"]) ?? "";
            VectorOutcome outcome = runner.Run(Convert.FromHexString((string)code!), Convert.FromHexString(memory));
            if (expect == "load_error" ? outcome.Diagnostics.IsEmpty : !IsRight(vector, outcome, memory))
            {
                wrong.Add($"line {line} {vector["name"]}: {outcome.Error ?? $"0x{outcome.Result.ReturnValue:x}"}");
            }
        }

        Assert.Empty(wrong);
        Assert.True(count >= atLeast, $"only {count} vectors");
    }

    private static bool IsRight(JsonObject vector, VectorOutcome outcome, string memory)
    {
        string expected = (string)(vector["rfc_r0"] ?? vector["kernel_r0"] ?? vector["expected_result_hex"])!;
        string after = (string?)(vector["rfc_mem_hex"] ?? vector["kernel_mem_hex"]) ?? memory;
        return outcome.Error is null
            && outcome.Result.ReturnValue == ulong.Parse(expected.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture)
            && (!vector.ContainsKey("kernel_r0") || Convert.ToHexStringLower(outcome.Memory) == after);
    }
}
