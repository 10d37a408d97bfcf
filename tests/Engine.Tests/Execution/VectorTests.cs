using System.Globalization;
using System.Text.Json.Nodes;
using ReuseportPS.Conformance;
using ReuseportPS.Engine.Execution;
using ReuseportPS.Engine.Isa;

namespace ReuseportPS.Engine.Tests.Execution;

/// <summary>
/// vectors.jsonl: {name, code, mem} and what must come of it: {r0, after (memory, when it changes), oracle}, or {fault, at, address}, or {diagnostics}. Oracle
/// "kernel" means that Linux 6.18 returned the same; "rfc" that its verifier refuses the program and RFC 9669 alone says so.
/// </summary>
public class VectorTests
{
    private static readonly string s_path = TestData.PathOf("Execution", "vectors.jsonl");

    public static MatrixTheoryData<string, Conformance.Engine> Groups() =>
        new(TestData.Lines(s_path).Select(x => Group(x.Case)).Distinct(), Enum.GetValues<Conformance.Engine>());

    [Theory]
    [MemberData(nameof(Groups))]
    public void Vectors_come_out_as_recorded(string group, Conformance.Engine engine)
    {
        VectorRunner runner = new(engine);
        List<string> wrong = [];
        foreach ((int line, JsonObject vector) in TestData.Lines(s_path).Where(x => Group(x.Case) == group))
        {
            byte[] memory = Convert.FromHexString((string)vector["mem"]!);
            VectorOutcome outcome = runner.Run(Convert.FromHexString((string)vector["code"]!), memory);
            string expected = Expected(vector);
            string actual = Actual(vector, outcome);
            if (expected != actual)
            {
                wrong.Add($"line {line} {vector["name"]}: expected {expected}, got {actual}");
            }
        }

        Assert.Empty(wrong);
    }

    [Fact]
    public void Every_form_runs_at_least_twice()
    {
        Dictionary<string, int> runs = OpcodeTable.Forms
            .Where(form => form.Kind != InstructionKind.PacketLoad && form is not { Kind: InstructionKind.WideLoad, WideLoad: not WideLoadKind.Value } && form.CallKind != CallKind.Kernel)
            .ToDictionary(form => form.Mnemonic, _ => 0);
        foreach ((_, JsonObject vector) in TestData.Lines(s_path).Where(x => x.Case.ContainsKey("r0")))
        {
            foreach (Instruction instruction in InstructionCodec.Decode(Convert.FromHexString((string)vector["code"]!)).Instructions)
            {
                runs[OpcodeTable.Find(instruction)!.Mnemonic]++;
            }
        }

        // Helper calls need a machine with maps: MachineTests.
        runs.Remove("call");
        Assert.DoesNotContain(runs, run => run.Value < 2);
    }

    [Fact]
    public void Every_kind_of_fault_occurs()
    {
        IEnumerable<string> seen = TestData.Lines(s_path).Select(x => (string?)x.Case["fault"]).OfType<string>().Distinct();

        // Denied access needs read-only memory: MachineTests. Something to hold at the end needs a map: MapHelperTests.
        Assert.Equal(Enum.GetNames<FaultKind>().Except([nameof(FaultKind.AccessDenied), nameof(FaultKind.UnreleasedReference)]).Order(), seen.Order());
    }

    private static string Group(JsonObject vector) => ((string)vector["name"]!).Split('/')[0];

    private static string Expected(JsonObject vector) =>
        vector["diagnostics"] is JsonArray codes ? string.Join(' ', codes.Select(code => (string)code!))
        : vector["fault"] is JsonNode kind ? $"{kind} at {vector["at"]} {vector["address"]}"
        : $"{vector["r0"]} {vector["after"] ?? vector["mem"]}";

    private static string Actual(JsonObject vector, VectorOutcome outcome) =>
        !outcome.Diagnostics.IsEmpty
            ? string.Join(' ', outcome.Diagnostics.Select(x => x.Location?.Instruction is int at ? $"{x.Code}@{at}" : x.Code))
        : outcome.Result.Fault is Fault fault
            ? $"{fault.Kind} at {fault.Instruction} {(vector.ContainsKey("address") ? string.Create(CultureInfo.InvariantCulture, $"0x{fault.Address:x}") : "")}"
        : $"0x{outcome.Result.ReturnValue:x} {Convert.ToHexStringLower(outcome.Memory)}";
}
