using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Programs;

namespace ReuseportPS.Engine.Tests.Helpers;

/// <summary>
/// A line of helper-cases.jsonl: a program that calls helpers, and runs of it one after the other, as Linux 6.18 answered on a machine with two possible
/// CPUs. Map 0 has the input of a run, map 1 what the program wrote; the others keep what they have from run to run. <c>text</c> is the code in clang's syntax, for people.
/// </summary>
internal sealed record HelperCase(string Name, ProgramSpec Program, IReadOnlyList<HelperCaseRun> Runs)
{
    /// <summary>Possible CPUs of the machine that answered.</summary>
    public const int CpuCount = 2;

    public static string FileName => Path.Combine("Helpers", "helper-cases.jsonl");

    public static HelperCase Read(JsonObject line) => new(
        (string)line["name"]!,
        new ProgramSpec(
            "case", Enum.Parse<ProgramType>((string)line["type"]!), AttachType.None,
            InstructionCodec.Decode(Convert.FromHexString((string)line["code"]!)).Instructions,
            [.. line["maps"]!.AsArray().Select(ReadMap)], "GPL")
        {
            KernelFunctions = [.. (line["kernelFunctions"] as JsonArray ?? []).Select(name => (string)name!)],
        },
        [.. line["runs"]!.AsArray().Select(run => new HelperCaseRun(
            Hex(run!["in"]), (uint)run["r0"]!, Convert.ToHexStringLower(Hex(run["out"])), (string?)run["kernelOnly"]))]);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Name} ({Runs.Count} runs)");

    private static MapSpec ReadMap(JsonNode? map, int index) => new(
        string.Create(CultureInfo.InvariantCulture, $"map{index}"), Enum.Parse<MapType>((string)map!["type"]!), (int)map["key"]!, (int)map["value"]!, (int)map["max"]!,
        (MapFlags)((int?)map["flags"] ?? 0))
    {
        Contents = [.. (map["contents"] as JsonArray ?? []).Select(entry => new MapEntry([.. Hex(entry![0])], [.. Hex(entry[1])]))],
        Frozen = (bool?)map["frozen"] ?? false,
    };

    private static byte[] Hex(JsonNode? text) => Convert.FromHexString((string)text!);
}

/// <summary>One run of a case.</summary>
/// <param name="Input">Value of map 0 before it.</param>
/// <param name="ReturnValue">What the program returned.</param>
/// <param name="Output">Value of map 1 after it, in hex; it begins as zeros.</param>
/// <param name="KernelOnly">Why the machine answers otherwise, or null.</param>
internal sealed record HelperCaseRun(ImmutableArray<byte> Input, uint ReturnValue, string Output, string? KernelOnly)
{
    public HelperCaseRun(byte[] input, uint returnValue, string output, string? kernelOnly)
        : this(ImmutableArray.Create(input), returnValue, output, kernelOnly)
    {
    }
}
