using System.Globalization;
using System.Text;
using ReuseportPS.Engine.Btf;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Elf;
using ReuseportPS.Engine.Execution;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Programs;

namespace ReuseportPS.Engine.Tests.Elf;

/// <summary>What the objects of this repository hold, and what is said of those that are refused (objects.txt; REUSEPORTPS_UPDATE_DOCS=1 writes it).</summary>
public sealed class ObjectReadTests
{
    private static readonly string s_expected = RepositoryRoot.Combine("tests", "Engine.Tests", "Elf", "objects.txt");

    /// <summary>What is changed wherever it stands, and what is said then.</summary>
    public static TheoryData<string, string, string, string> Damages => new()
    {
        { "hash_select.o", "\u007fELF", "\u007fELK", "RPS2001" },
        { "hash_select.o", ".BTF\0", ".BTX\0", "RPS2010" },
        { "hash_select.o", ".maps\0", "maps\0\0", "RPS2011" },
        { "hash_select.o", "sk_reuseport\0", "xk_reuseport\0", "RPS2013 RPS2012" },
        { "hash_select.o", "license\0", "licence\0", "RPS2016" },
        { "kernel_functions.o", "bpf_rcu_read_lock\0", "bpf_rcu_read_lick\0", "RPS2042" },
    };

    [Fact]
    public void Objects_hold_what_is_written()
    {
        StringBuilder text = new();
        foreach (string folder in (string[])[".", "odd"])
        {
            foreach (string path in Directory.GetFiles(RepositoryRoot.Combine("tests", "Engine.Tests", "Elf", "objects", folder), "*.o").Order(StringComparer.Ordinal))
            {
                Describe(text, ElfObject.Read(File.ReadAllBytes(path), Path.GetFileName(path)));
            }
        }

        if (Environment.GetEnvironmentVariable("REUSEPORTPS_UPDATE_DOCS") == "1")
        {
            File.WriteAllText(s_expected, text.ToString());
        }

        Assert.Equal(File.ReadAllText(s_expected).ReplaceLineEndings("\n"), text.ToString());
    }

    [Theory]
    [MemberData(nameof(Damages))]
    public void What_is_wrong_is_told(string name, string text, string other, string codes)
    {
        byte[] file = ObjectFiles.Bytes(name);
        byte[] wanted = Encoding.ASCII.GetBytes(text);
        Assert.True(file.AsSpan().IndexOf(wanted) >= 0);
        for (int at = file.AsSpan().IndexOf(wanted); at >= 0; at = file.AsSpan().IndexOf(wanted))
        {
            Encoding.ASCII.GetBytes(other).CopyTo(file, at);
        }

        ElfObject read = ElfObject.Read(file, name, new ElfOptions(ObjectFiles.Read("kernel_functions.o").Types!));
        Assert.Equal(codes, string.Join(' ', read.Diagnostics.Select(diagnostic => diagnostic.Code)));
        Assert.All(read.Diagnostics, diagnostic => Assert.Equal(name, diagnostic.Location!.Source));
        Assert.All(read.Diagnostics, diagnostic => Assert.NotEmpty(diagnostic.Remedy!));
    }

    [Fact]
    public void A_cut_at_every_byte_is_told()
    {
        byte[] file = ObjectFiles.Bytes("subprograms.o");
        for (int length = 0; length < file.Length; length++)
        {
            Assert.False(ElfObject.Read(file.AsMemory(0, length), "cut.o").Succeeded);
        }
    }

    [Theory]
    [InlineData("hash_select")]
    [InlineData("subprograms")]
    public void Byte_order_makes_no_other_program(string name)
    {
        ElfObject little = ObjectFiles.Read(name + ".o");
        ElfObject big = ObjectFiles.Read(name + ".eb.o");
        Assert.Equal((ElfByteOrder.LittleEndian, ElfByteOrder.BigEndian), (little.ByteOrder!.Value, big.ByteOrder!.Value));
        Assert.Equal(little.Programs.Length, big.Programs.Length);
        for (int i = 0; i < little.Programs.Length; i++)
        {
            Assert.Equal(little.Programs[i].Spec.Instructions, big.Programs[i].Spec.Instructions);
            Assert.Equal(little.Programs[i].Spec.Btf!.Functions, big.Programs[i].Spec.Btf!.Functions);
            Assert.Equal(little.Programs[i].Spec.Btf!.Lines, big.Programs[i].Spec.Btf!.Lines);
        }

        Assert.Equal(little.Types!.Bytes.ToArray(), big.Types!.Bytes.ToArray());
    }

    [Fact]
    public void Instructions_know_their_source()
    {
        ProgramSpec program = ObjectFiles.Read("subprograms.o").Programs[0].Spec;
        string[] source = File.ReadAllLines(RepositoryRoot.Combine("tests", "Engine.Tests", "Elf", "objects", "subprograms.c"));
        HashSet<string> functions = [];
        int known = 0;
        for (int slot = 0; slot < program.InstructionSlots; slot++)
        {
            functions.Add(program.Btf!.FunctionOf(slot)!);
            if (program.Btf.SourceOf(slot) is not SourceLine line)
            {
                continue; // the compiler's own
            }

            known++;
            Assert.EndsWith("subprograms.c", line.File, StringComparison.Ordinal);
            Assert.Equal(source[line.Line - 1], line.Text);
            Assert.InRange(line.Column, 0, line.Text.Length);
        }

        Assert.InRange(known, program.InstructionSlots * 9 / 10, program.InstructionSlots);
        Assert.Equal(["by_both", "both", "narrow", "fold", "twist", "offset_of_family"], functions);
        Assert.Null(program.Btf!.SourceOf(-1));
    }

    [Fact]
    public void A_program_that_asks_a_kernel_needs_its_types()
    {
        ElfObject read = ObjectFiles.Read("kernel_fields.o");
        Assert.False(read.Succeeded);
        Assert.Equal("RPS2120", read.Diagnostics[0].Code);
        Assert.Contains("/sys/kernel/btf/vmlinux", read.Diagnostics[0].Remedy!, StringComparison.Ordinal);
    }

    /// <summary>What kernel_fields.c asks, answered for the kernel of kernel_types.c: each number is in the order of the source.</summary>
    [Fact]
    public void Answers_about_a_kernel_are_of_its_types()
    {
        BtfTypes kernel = ObjectFiles.Read("kernel_types.o").Types!;
        ElfObject read = ObjectFiles.Read("kernel_fields.o", kernel);
        Assert.True(read.Succeeded, string.Join('\n', read.Diagnostics));
        Diagnostic missing = Assert.Single(read.Diagnostics);
        Assert.Equal(("RPS2123", DiagnosticSeverity.Warning), (missing.Code, missing.Severity));

        ProgramSpec spec = read.Programs[0].Spec;
        BpfMap[] maps = [.. spec.Maps.Select(map => MapFactory.Create(map, 1).Map!)];
        List<ulong> addresses = [];
        Machine machine = new(HelperTable.CreateDefault().Set(35, (_, _, _, _, _, _) => 0x1000).Set(113, (running, to, size, from, _, _) =>
        {
            addresses.Add(from);
            Assert.True(running.TryWrite(to, (int)size, out Span<byte> bytes));
            bytes.Clear();
            return 0;
        }));
        RunResult run = machine.Run(LoadedProgram.Load(spec, maps), 0, 0);
        Assert.True(run.Succeeded, run.Fault?.ToString());
        byte[] answers = new byte[24 * 8];
        Assert.Equal(Errno.None, maps.Single(map => map.Spec.Name.EndsWith(".bss", StringComparison.Ordinal)).Lookup([0, 0, 0, 0], answers));
        ulong type = (ulong)kernel.Find(BtfKind.Struct, "sock_reuseport")!.Value;
        ulong[] expected = [20, 4, 1, 0, 0, 24, 60, 63, 32, 40, 0, 1, type, 1, 40, 0, 1, 77, 0, 0];
        Assert.Equal(expected, Enumerable.Range(0, expected.Length).Select(i => BitConverter.ToUInt64(answers, i * 8)));
        Assert.Equal([0x1000ul + 100, 0x1000 + 104, 100], addresses);
    }

    private static void Describe(StringBuilder text, ElfObject read)
    {
        text.Append(CultureInfo.InvariantCulture, $"{read.Name}: {read.ByteOrder}, licence '{read.License}', kernel version {read.KernelVersion:x}\n");
        foreach (ElfProgram program in read.Programs)
        {
            text.Append(CultureInfo.InvariantCulture, $"  program {program.Name} ({program.Spec.Name}) of {program.Section}: {program.Spec.Type} {program.Spec.ExpectedAttachType}, ")
                .Append(CultureInfo.InvariantCulture, $"{program.Spec.InstructionSlots} slots, maps [{string.Join(", ", program.Spec.Maps.Select(map => map.Name))}], ")
                .Append(CultureInfo.InvariantCulture, $"functions [{string.Join(", ", program.Spec.Btf!.Functions.Select(function => $"{program.Spec.Btf.FunctionOf(function.Slot)} {function.Slot}"))}], ")
                .Append(CultureInfo.InvariantCulture, $"kernel functions [{string.Join(", ", program.Spec.KernelFunctions)}], {program.Spec.Btf.Lines.Length} lines\n");
        }

        foreach (ElfMap map in read.Maps)
        {
            text.Append(CultureInfo.InvariantCulture, $"  map {map.Name} of {map.Section}{(map.IsPinned ? ", pinned" : "")}: {Describe(map.Spec)}\n");
        }

        foreach (MapSlot slot in read.Slots)
        {
            string target = read.Maps[slot.Map].Spec.Type == MapType.ProgArray ? read.Programs[slot.Target].Name : read.Maps[slot.Target].Name;
            text.Append(CultureInfo.InvariantCulture, $"  {read.Maps[slot.Map].Name}[{slot.Key}] = {target}\n");
        }

        foreach (Diagnostic diagnostic in read.Diagnostics)
        {
            text.Append(CultureInfo.InvariantCulture, $"  {diagnostic}\n");
        }
    }

    private static string Describe(MapSpec map) => string.Create(
        CultureInfo.InvariantCulture,
        $"{map.Name} {map.Type} key {map.KeySize} value {map.ValueSize} entries {map.MaxEntries} flags {map.Flags}{(map.Frozen ? " frozen" : "")} extra {map.Extra} lock {map.SpinLockOffset?.ToString(CultureInfo.InvariantCulture) ?? "none"}")
        + (map.Btf is null ? "" : string.Create(CultureInfo.InvariantCulture, $" types {map.Btf.KeyTypeId} {map.Btf.ValueTypeId}"))
        + string.Concat(map.Contents.Select(entry => " = " + Convert.ToHexStringLower(entry.Value.AsSpan())))
        + (map.Inner is null ? "" : $" of ({Describe(map.Inner)})");
}
