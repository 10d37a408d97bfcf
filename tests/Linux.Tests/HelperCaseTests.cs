using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Btf;
using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Programs;
using ReuseportPS.Engine.Tests;
using ReuseportPS.Engine.Tests.Helpers;

namespace ReuseportPS.Linux.Tests;

/// <summary>
/// The recorded answers of helper-cases.jsonl against the kernel that runs. With REUSEPORTPS_RECORD_HELPER_CASES=1 the answers of this kernel are written
/// into the file instead: add a case with its program and the inputs of its runs, and record.
/// </summary>
public sealed class HelperCaseTests : LinuxTest
{
    private static readonly byte[] s_key = new byte[4];

    [Fact]
    public void The_kernel_answers_as_recorded()
    {
        bool records = Environment.GetEnvironmentVariable("REUSEPORTPS_RECORD_HELPER_CASES") == "1";
        string path = RepositoryRoot.Combine("tests", "Engine.Tests", HelperCase.FileName);
        StringBuilder recorded = new();
        int runs = 0;
        foreach ((int line, JsonObject source) in TestData.Lines(path))
        {
            HelperCase @case = HelperCase.Read(source);
            ImmutableArray<IBackendMap> maps = [.. @case.Program.Maps.Select(Backend.CreateMap)];
            using LinuxProgram program = (LinuxProgram)Backend.LoadProgram(@case.Program with { Btf = TypesOf(@case.Program) }, maps);
            for (int i = 0; i < @case.Runs.Count; i++, runs++)
            {
                maps[0].Update(s_key, @case.Runs[i].Input.AsSpan());
                maps[1].Update(s_key, new byte[@case.Program.Maps[1].ValueSize]);
                uint result = TestRun.Invoke(program);
                string output = Convert.ToHexStringLower(maps[1].Lookup(s_key)!);
                source["runs"]![i]!["r0"] = result;
                source["runs"]![i]!["out"] = output;
                Assert.True(records || (result, output) == (@case.Runs[i].ReturnValue, @case.Runs[i].Output), $"line {line} {@case.Name}, run {i}: {result} {output}, recorded {@case.Runs[i]}");
            }

            foreach (IBackendMap map in maps)
            {
                map.Dispose();
            }

            recorded.Append(source.ToJsonString(new JsonSerializerOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping })).Append('\n');
        }

        Assert.True(runs > 600, $"only {runs} runs");
        if (records)
        {
            File.WriteAllText(path, recorded.ToString());
        }
    }

    // The kernel takes the address of a function only of programs whose functions have types: int f(), the first of them global, the others static.
    private static ProgramBtf? TypesOf(ProgramSpec program)
    {
        List<FunctionInfo> functions = [new FunctionInfo(0, 3)];
        int slot = 0;
        foreach (Instruction instruction in program.Instructions)
        {
            bool isFunction = OpcodeTable.Find(instruction) is { Kind: InstructionKind.WideLoad, WideLoad: WideLoadKind.Function } or { Kind: InstructionKind.Call, CallKind: CallKind.Local };
            if (isFunction && functions.TrueForAll(known => known.Slot != slot + 1 + instruction.Immediate))
            {
                functions.Add(new FunctionInfo(slot + 1 + instruction.Immediate, 4));
            }

            slot += instruction.SlotCount;
        }

        if (functions.Count == 1)
        {
            return null;
        }

        const int Integer = 1 << 24, Function = 12 << 24, Prototype = 13 << 24;
        byte[] strings = Encoding.ASCII.GetBytes("\0int\0main\0function\0");
        int[] types = [1, Integer, 4, 0x01000020, 0, Prototype, 1, 5, Function | 1, 2, 10, Function, 2];
        byte[] blob = new byte[24 + (types.Length * sizeof(int)) + strings.Length];
        ReadOnlySpan<int> header = [0x0001eb9f, 24, 0, types.Length * sizeof(int), types.Length * sizeof(int), strings.Length];
        int at = 0;
        foreach (int word in (int[])[.. header, .. types])
        {
            BinaryPrimitives.WriteInt32LittleEndian(blob.AsSpan(at), word);
            at += sizeof(int);
        }

        strings.CopyTo(blob, at);
        Assert.True(BtfTypes.TryRead(blob, out BtfTypes? read, out _));
        return new ProgramBtf(read, [.. functions.OrderBy(function => function.Slot)], []);
    }
}
