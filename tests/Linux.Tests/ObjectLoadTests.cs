using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Btf;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Elf;
using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Programs;
using ReuseportPS.Engine.Tests;

namespace ReuseportPS.Linux.Tests;

/// <summary>Object files are loaded into the kernel by this project's own backend, and by libbpf (bpftool); both must give the same.</summary>
public sealed partial class ObjectLoadTests : LinuxTest
{
    private static readonly Lazy<BtfTypes> s_kernelTypes = new(KernelBtf.Read);

    /// <summary>The objects of this repository; those for big-endian machines are libbpf's to refuse.</summary>
    public static TheoryData<string> OwnObjects() =>
        [.. Directory.GetFiles(RepositoryRoot.Combine("tests", "Engine.Tests", "Elf", "objects"), "*.o")
            .Where(path => !path.EndsWith(".eb.o", StringComparison.Ordinal)).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(OwnObjects))]
    public void An_object_of_this_repository_loads_and_equals_what_libbpf_loads(string name) =>
        CompareWithLibbpf(RepositoryRoot.Combine("tests", "Engine.Tests", "Elf", "objects", name));

    [Fact]
    public void Every_shared_object_loads_as_the_manifest_tells_and_equals_what_libbpf_loads()
    {
        string manifest = TestData.SharedCorpus("objects/public/manifest.json");
        int loaded = 0;
        foreach (JsonNode? entry in JsonNode.Parse(File.ReadAllText(manifest))!.AsArray())
        {
            if ((string?)entry!["libbpf_load"] != "ok")
            {
                continue;
            }

            string path = TestData.SharedCorpus("objects/" + (string)entry["object"]!);
            Dictionary<string, int> lengths = CompareWithLibbpf(path);
            foreach (JsonNode? program in entry["programs"]!.AsArray())
            {
                Assert.Equal((int)program!["bytes_xlated"]!, lengths[(string)program["name"]!]);
            }

            loaded++;
        }

        Assert.Equal(48, loaded);
    }

    [Fact]
    public void A_refused_program_is_told_with_its_source_line()
    {
        ElfObject read = Read(RepositoryRoot.Combine("tests", "Engine.Tests", "Elf", "objects", "hash_select.o"));
        ProgramSpec spec = read.Programs[0].Spec;
        int call = spec.Instructions.ToList().FindIndex(instruction => instruction == Instructions.CallHelper(82));
        // In the place of the helper's number one that no kernel has.
        spec = spec with { Instructions = spec.Instructions.SetItem(call, Instructions.CallHelper(999_999)) };
        BackendException refused = Assert.Throws<BackendException>(() => Backend.LoadProgram(spec, [.. spec.Maps.Select(map => Map(map))]));
        Assert.Contains("select_socket", refused.Log, StringComparison.Ordinal);
        SourceLocation place = refused.Diagnostics[0].Location!;
        Assert.EndsWith("hash_select.c", place.Source, StringComparison.Ordinal);
        Assert.Equal(spec.Btf!.SourceOf(place.Instruction!.Value)!.Line, place.Line);
        Assert.Contains("select_socket", spec.Btf.SourceOf(place.Instruction!.Value)!.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Tail_calls_of_an_object_decide_who_gets_a_datagram()
    {
        using LoadedCollection loaded = LoadedCollection.Load(Backend, Read(RepositoryRoot.Combine("tests", "Engine.Tests", "Elf", "objects", "tail_calls.o")).Collection);
        var group = Group(TransportProtocol.Udp, "127.0.0.1:9000", 4);
        for (int i = 0; i < group.Length; i++)
        {
            loaded.Maps.Single(map => map.Spec.Name == "sockets").UpdateSocket((uint)i, group[i]);
        }

        group[0].AttachProgram(loaded.Programs.Single(program => program.Name == "by_protocol"));
        Assert.Equal(1, WhoGets(group, "127.0.0.1:0"));
    }

    [Fact]
    public void Answers_about_the_kernel_are_the_kernel_s()
    {
        using LoadedCollection loaded = LoadedCollection.Load(Backend, Read(RepositoryRoot.Combine("tests", "Engine.Tests", "Elf", "objects", "kernel_fields.o")).Collection);
        var group = Group(TransportProtocol.Udp, "127.0.0.1:9000", 2);
        group[0].AttachProgram(loaded.Programs[0]);
        Assert.InRange(WhoGets(group, "127.0.0.1:0"), 0, 1);
        byte[] answers = loaded.Maps.Single(map => map.Spec.Name.EndsWith(".bss", StringComparison.Ordinal)).Lookup(Key(0))!;
        BtfTypes types = s_kernelTypes.Value;
        int type = types.Find(BtfKind.Struct, "sock_reuseport")!.Value;
        BtfField count = types.FindField(type, "num_socks")!;
        BtfField flag = types.FindField(type, "bind_inany")!;
        int size = types.SizeOf(count.TypeId)!.Value;
        ulong load = (ulong)types.SizeOf(flag.TypeId)!.Value;
        ulong loadOffset = (ulong)flag.ByteOffset / load * load;
        ulong[] expected =
        [
            (ulong)count.ByteOffset, (ulong)size, 1, 0, 0,
            loadOffset, 64 - ((ulong)flag.BitOffset + 1 - (loadOffset * 8)), 63,
            (ulong)types.FindField(type, "reuseport_id")!.ByteOffset, (ulong)types.FindField(type, "socks")!.ByteOffset,
            0, 1, (ulong)type, 1, (ulong)types.SizeOf(type)!.Value, 0, 1, 39, 0, 0, (ulong)Environment.ProcessId, (ulong)Environment.ProcessId,
        ];
        Assert.Equal(expected, Enumerable.Range(0, expected.Length).Select(i => BitConverter.ToUInt64(answers, i * 8)));
    }

    private static ElfObject Read(string path)
    {
        ElfObject read = ElfObject.Read(File.ReadAllBytes(path), Path.GetFileName(path), new ElfOptions(s_kernelTypes.Value));
        Assert.True(read.Succeeded, $"{path}: {string.Join('\n', read.Diagnostics)}");
        return read;
    }

    private static string Bpftool(params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo("bpftool", arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })!;
        string output = process.StandardOutput.ReadToEnd();
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"bpftool {string.Join(' ', arguments)}: {errors}{output}");
        return output;
    }

    // Ids of maps, of this kernel's programs and addresses are not the same twice.
    private static string Dump(uint program, IEnumerable<(uint Id, string Name)> maps)
    {
        string text = Bpftool("prog", "dump", "xlated", "id", program.ToString(CultureInfo.InvariantCulture));
        foreach ((uint id, string name) in maps)
        {
            text = text.Replace($"map[id:{id}]", $"map[{name}]", StringComparison.Ordinal);
        }

        return Address().Replace(text, "0x…");
    }

    // Length of each program after verification.
    private Dictionary<string, int> CompareWithLibbpf(string path)
    {
        Assert.SkipUnless(File.Exists("/usr/sbin/bpftool"), "Needs bpftool (apt-get install bpftool).");
        ElfObject read = Read(path);
        using PrivateBpffs pins = new();
        Assert.SkipUnless(pins.IsMounted, "Needs the right to mount a BPF file system.");
        using LoadedCollection loaded = LoadedCollection.Load(Backend, read.Collection);
        Dictionary<string, int> lengths = new(StringComparer.Ordinal);
        string folder = Directory.CreateDirectory(Path.Combine(pins.Path, "programs")).FullName;
        Bpftool("prog", "loadall", path, folder);
        for (int i = 0; i < loaded.Programs.Length; i++)
        {
            JsonNode theirs = JsonNode.Parse(Bpftool("-j", "prog", "show", "pinned", Path.Combine(folder, read.Programs[i].Name)))!;
            JsonNode ours = JsonNode.Parse(Bpftool("-j", "prog", "show", "id", loaded.Programs[i].Id.ToString(CultureInfo.InvariantCulture)))!;
            foreach (string property in (string[])["type", "name", "tag", "gpl_compatible", "bytes_xlated"])
            {
                Assert.Equal(theirs[property]?.ToString(), ours[property]?.ToString());
            }

            (uint Id, string Name)[] theirMaps = [.. MapsOf(theirs)];
            (uint Id, string Name)[] ourMaps = [.. MapsOf(ours)];
            Assert.Equal(theirMaps.Select(map => Describe(map.Id)).Order(StringComparer.Ordinal), ourMaps.Select(map => Describe(map.Id)).Order(StringComparer.Ordinal));
            Assert.Equal(Dump((uint)theirs["id"]!, theirMaps), Dump((uint)ours["id"]!, ourMaps));
            lengths.Add(read.Programs[i].Name, (int)ours["bytes_xlated"]!);
        }

        return lengths;
    }

    private static IEnumerable<(uint Id, string Name)> MapsOf(JsonNode program) =>
        (program["map_ids"]?.AsArray() ?? []).Select(id => ((uint)id!, (string)JsonNode.Parse(Bpftool("-j", "map", "show", "id", id!.ToString()))!["name"]!));

    private static string Describe(uint map)
    {
        JsonNode shown = JsonNode.Parse(Bpftool("-j", "map", "show", "id", map.ToString(CultureInfo.InvariantCulture)))!;
        string contents = (string)shown["type"]! == "array" ? Bpftool("-j", "map", "dump", "id", map.ToString(CultureInfo.InvariantCulture)) : "";
        return $"{shown["type"]} {shown["name"]} {shown["flags"]} {shown["bytes_key"]} {shown["bytes_value"]} {shown["max_entries"]} frozen {shown["frozen"]} types {shown["btf_id"] is not null} {contents}";
    }

    [GeneratedRegex("0x[0-9a-f]{9,16}", RegexOptions.None, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Address();
}
