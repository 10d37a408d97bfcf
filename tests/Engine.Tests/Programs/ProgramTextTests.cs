using System.Collections.Immutable;
using System.Text.RegularExpressions;
using CsCheck;
using ReuseportPS.Engine.Asm;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Elf;
using ReuseportPS.Engine.Helpers;
using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Engine.Programs;
using ReuseportPS.Engine.Tests.Isa;
using ReuseportPS.Yaml;

namespace ReuseportPS.Engine.Tests.Programs;

public sealed partial class ProgramTextTests
{
    private static readonly Dictionary<int, string> s_noComments = [];

    private static readonly Gen<string> s_name = Gen.OneOf(Gen.Int[0, 6].Select(i => "abc_.09"[i]).Array[0, 15].Select(letters => new string(letters)), Gen.Int[0, 99].Select(i => $"{i}"), Gen.String[0, 15]);

    private static readonly Gen<MapSpec> s_map = Gen.Select(
        Gen.Select(s_name, Gen.Int[0, 40], Gen.Int[0, 70_000], Gen.Int[0, 70_000], Gen.Int[0, int.MaxValue], Gen.Int, Gen.Bool),
        Gen.Select(Gen.Byte.Array[0, 8], Gen.Byte.Array[0, 40]).Array[0, 3],
        Gen.Select(Gen.OneOf(Gen.Const(0UL), Gen.ULong), Gen.Int[-1, 64], Gen.Int[0, 3]),
        ((string Name, int Type, int Key, int Value, int Entries, int Flags, bool Frozen) map, (byte[], byte[])[] entries, (ulong Extra, int SpinLock, int Node) rest) =>
            new MapSpec(map.Name, (MapType)map.Type, map.Key, map.Value, map.Entries, (MapFlags)map.Flags)
            {
                Frozen = map.Frozen,
                Extra = rest.Extra,
                SpinLockOffset = rest.SpinLock < 0 ? null : rest.SpinLock,
                NumaNode = rest.Node,
                Contents = [.. entries.Select(entry => new MapEntry([.. entry.Item1], [.. entry.Item2]))],
            });

    /// <summary>Whatever the specs hold, short of malformed code, their text reads back to the same.</summary>
    [Fact]
    public void Programs_come_back_from_their_text() =>
        Gen.Select(s_name, s_name, Gen.Int[0, 40], Gen.Int[0, 60], s_map.Array[0, 4], Gen.Select(s_map, Gen.Bool), InstructionGen.Any.Array[0, 20]).Sample(
            (name, license, type, attach, maps, inner, body) =>
            {
                ImmutableArray<MapSpec> all = [.. maps, .. inner.Item2 ? [new MapSpec("outer", MapType.ArrayOfMaps, 4, 4, 2) { Inner = inner.Item1 }] : (MapSpec[])[]];
                Instruction[] code = [.. body.Where(instruction => !RefersToMap(instruction) || (uint)instruction.Immediate < (uint)all.Length), Instructions.Exit(), Instructions.Exit()];
                ProgramSpec program = new(name, (ProgramType)type, (AttachType)attach, [.. code], all, license) { KernelFunctions = ["bpf_rcu_read_lock", name, "bpf_loop"] };
                foreach (DisassemblyOptions? style in (DisassemblyOptions?[])[null, new() { Hexadecimal = true, Indices = true }])
                {
                    string text = ProgramText.Write(program, style);
                    ProgramReading reading = ProgramText.Read(text);
                    Assert.True(reading.Program is not null, string.Join('\n', reading.Diagnostics) + "\n" + text);
                    AssertSame(program, reading.Program);
                }
            },
            iter: 3000);

    [Fact]
    public void Compiled_policies_come_back_from_their_text()
    {
        string[] files = Directory.GetFiles(RepositoryRoot.Combine("examples", "policies"), "*.yaml");
        Assert.NotEmpty(files);
        foreach (string file in files)
        {
            SteeringPolicy policy = PolicyYaml.Read(File.ReadAllText(file), file).Policy!;
            ProgramSpec program = PolicyCompiler.Compile(policy, 16).Compiled!.Program;
            AssertSame(program, ProgramText.Read(ProgramText.Write(program)).Program!);
        }
    }

    [Fact]
    public void The_rules_of_a_policy_are_told_apart_in_its_text()
    {
        SteeringPolicy policy = PolicyYaml.Read("version: 1\npolicy: edge\nrules:\n  - name: old clients\n    when: { protocol: tcp }\n    reject: true\notherwise: { by: hash }").Policy!;
        string text = ProgramText.Write(PolicyCompiler.Compile(policy, 4).Compiled!.Program);
        string[] comments = [.. text.Split('\n').Where(line => line.StartsWith("    ;", StringComparison.Ordinal))];
        Assert.Equal(4, comments.Length);
        Assert.Equal((true, "    ; rule 1 'old clients'", "    ; otherwise"), (comments[0].Contains("'edge' for 4 slots", StringComparison.Ordinal), comments[1], comments[2]));
    }

    [Fact]
    public void Programs_of_object_files_come_back_with_their_functions_named_and_their_source_beside_them()
    {
        string folder = Path.GetDirectoryName(TestData.SharedCorpus(Path.Combine("objects", "public", "manifest.json")))!;
        int programs = 0;
        foreach (string file in Directory.GetFiles(folder, "*.o"))
        {
            foreach (ElfProgram program in ElfObject.Read(File.ReadAllBytes(file), Path.GetFileNameWithoutExtension(file)).Programs)
            {
                string text = ProgramText.Write(program.Spec);
                AssertSame(program.Spec, ProgramText.Read(text).Program!);
                Assert.Contains($"\n{program.Name}:\n", text, StringComparison.Ordinal);
                Assert.Contains(".c:", text, StringComparison.Ordinal);
                programs++;
            }
        }

        Assert.InRange(programs, 48, int.MaxValue);
    }

    [Fact]
    public void Every_example_of_the_page_is_a_program()
    {
        Match[] examples = [.. Example().Matches(File.ReadAllText(RepositoryRoot.Combine("docs", "assembly.md"))).Cast<Match>()];
        Assert.Equal(2, examples.Length);
        Assert.All(examples, example =>
        {
            ProgramReading reading = ProgramText.Read(example.Groups["text"].Value);
            Assert.Empty(reading.Diagnostics);
            AssertSame(reading.Program!, ProgramText.Read(ProgramText.Write(reading.Program!)).Program!);
        });
    }

    [Theory]
    [InlineData(".typ xdp\nexit", "RPS1054", "1:1", "Did you mean '.type'?")]
    [InlineData(".type sk_reuseprt\nexit", "RPS1055", "1:7", "Did you mean 'sk_reuseport'?")]
    [InlineData(".attach everywhere\nexit", "RPS1055", "1:9", "sk_reuseport_select_or_migrate")]
    [InlineData(".license\nexit", "RPS1055", "1:9", "\"MIT\"")]
    [InlineData(".program a b\nexit", "RPS1055", "1:12", "too many")]
    [InlineData(".program a\n.program b\nexit", "RPS1056", "2:1", ".program")]
    [InlineData(".inner x array\nexit", "RPS1056", "1:1", "none stands before it")]
    [InlineData(".map m arra key=4\nexit", "RPS1055", "1:8", "Did you mean 'array'?")]
    [InlineData(".map m array keys=4\nexit", "RPS1055", "1:14", "Did you mean 'key'?")]
    [InlineData(".map m array key=4 key=4\nexit", "RPS1055", "1:20", "twice")]
    [InlineData(".map m array key 4\nexit", "RPS1055", "1:18", "Expected =")]
    [InlineData(".map m array key=-4\nexit", "RPS1055", "1:18", "0 to 2147483647")]
    [InlineData(".map m array flags=mmapable|inner\nexit", "RPS1055", "1:29", "inner_map")]
    [InlineData(".map m array key=4 value=4 entries=1\n.entry 000 1\nexit", "RPS1055", "2:8", "two digits")]
    [InlineData("r0 = 0", "RPS1010", "1:1", "runs off its end")]
    [InlineData("exit\n  r10 = 5\nexit", "RPS1006", "2:3", "read-only")]
    [InlineData("exit\ngoto +5\nexit", "RPS1008", "2:1", "leads to instruction 7")]
    [InlineData("goto -2\nexit", "RPS1008", "1:1", "-1")]
    [InlineData("r0 = *(u8 *)skb[0]\nexit", "RPS1011", "1:1", "bpf_skb_load_bytes")]
    [InlineData("r1 = map[0] ll\nexit", "RPS1020", "1:1", ".map")]
    public void A_mistake_is_found_where_it_is(string text, string code, string place, string says)
    {
        ProgramReading reading = ProgramText.Read(text, "x.s");
        Assert.Null(reading.Program);
        Diagnostic finding = Assert.Single(reading.Diagnostics);
        Assert.Equal((code, "x.s:" + place), (finding.Code, finding.Location!.ToString()));
        Assert.Contains(says, finding.Message + finding.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void A_helper_that_shares_its_name_with_a_kernel_function_comes_back_as_the_helper()
    {
        Instruction[] code = [Instructions.CallHelper(HelperNames.All.Single(helper => helper.Value == "loop").Key), Instructions.Exit()];
        ProgramSpec program = new("both", ProgramType.SkReuseport, AttachType.SkReuseportSelect, [.. code], []) { KernelFunctions = ["bpf_loop"] };
        Assert.Equal(code, ProgramText.Read(ProgramText.Write(program)).Program!.Instructions);
    }

    [Fact]
    public void Packet_loads_are_for_socket_filters() =>
        Assert.Equal(ProgramType.SocketFilter, ProgramText.Read(".type socket_filter\nr6 = r1\nr0 = *(u8 *)skb[0]\nexit").Program!.Type);

    [Fact]
    public void What_is_not_said_has_a_default()
    {
        ProgramSpec program = ProgramText.Read("r0 = 1\nexit", name: "mine").Program!;
        Assert.Equal(("mine", ProgramType.SkReuseport, AttachType.SkReuseportSelect, "MIT"), (program.Name, program.Type, program.ExpectedAttachType, program.License));
    }

    private static bool RefersToMap(Instruction instruction) =>
        instruction.IsWide && (WideLoadKind)instruction.Source is WideLoadKind.Map or WideLoadKind.MapValue or WideLoadKind.MapIndex or WideLoadKind.MapIndexValue;

    private static void AssertSame(ProgramSpec expected, ProgramSpec actual)
    {
        Assert.Equal(expected.Instructions.ToArray(), actual.Instructions.ToArray());
        Assert.Equal(expected.KernelFunctions.ToArray(), actual.KernelFunctions.ToArray());
        Assert.Equal(Bare(expected), Bare(actual));
        Assert.Equal(expected.Maps.Length, actual.Maps.Length);
        Assert.All(expected.Maps.Zip(actual.Maps), pair => AssertSame(pair.First, pair.Second));
    }

    private static ProgramSpec Bare(ProgramSpec program) => program with { Instructions = [], Maps = [], KernelFunctions = [], Comments = s_noComments, Btf = null };

    private static void AssertSame(MapSpec expected, MapSpec actual)
    {
        Assert.Equal(expected with { Inner = null, Contents = [], Btf = null }, actual with { Inner = null, Contents = [] });
        Assert.Equal(
            expected.Contents.Select(entry => Convert.ToHexString(entry.Key.AsSpan()) + ":" + Convert.ToHexString(entry.Value.AsSpan())),
            actual.Contents.Select(entry => Convert.ToHexString(entry.Key.AsSpan()) + ":" + Convert.ToHexString(entry.Value.AsSpan())));
        Assert.Equal(expected.Inner is null, actual.Inner is null);
        if (expected.Inner is not null)
        {
            AssertSame(expected.Inner, actual.Inner!);
        }
    }

    [GeneratedRegex("""```bpfasm\n(?<text>.*?)```""", RegexOptions.Singleline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Example();
}
