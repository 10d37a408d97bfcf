using System.Buffers.Binary;
using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using ReuseportPS.Engine.Asm;
using ReuseportPS.Engine.Isa;

namespace ReuseportPS.Engine.Tests.Asm;

/// <summary>The program sections of the public objects: bytes, text, bytes; and the same text as llvm-objdump.</summary>
public sealed partial class ObjectFileTests
{
    public static TheoryData<string> Objects()
    {
        string? folder = Path.GetDirectoryName(TestData.FindSharedCorpus(Path.Combine("objects", "public", "manifest.json")));
        return folder is null ? ["(none)"] : [.. Directory.GetFiles(folder, "*.o").Order(StringComparer.Ordinal).Select(path => Path.GetFileName(path)!)];
    }

    [Theory]
    [MemberData(nameof(Objects))]
    public void Sections_come_back_from_their_text(string name)
    {
        byte[][] sections = [.. CodeSections(name).Select(section => section.Code)];
        Assert.NotEmpty(sections);
        foreach (byte[] section in sections)
        {
            DecodeResult code = InstructionCodec.Read(section);
            Assert.Empty(code.Diagnostics);
            foreach (DisassemblyOptions style in (DisassemblyOptions[])[new(), new() { Labels = true }, new() { Hexadecimal = true, NarrowRegisters = true, Indices = true }])
            {
                string text = Disassembler.Disassemble(code.Instructions.AsSpan(), style);
                Assert.DoesNotContain(".insn", text, StringComparison.Ordinal);
                Assert.Equal(section, InstructionCodec.Encode(Assembler.Assemble(text).Instructions.AsSpan()));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Objects))]
    public void Sections_read_as_llvm_objdump_reads_them(string name)
    {
        (string tool, int version) = FindObjdump();

        // Without alu32, 14 reads a 32-bit fetch-and-add as an addition alone. From 19 on numbers are hexadecimal.
        DisassemblyOptions style = new() { Indices = true, Hexadecimal = version >= 19, NarrowRegisters = true };
        string output = Run(tool, "-d", "--mattr=+alu32", "--no-show-raw-insn", PathOf(name));
        string[] expected = [.. output.Split('\n').Where(line => Instruction().IsMatch(line)).Select(Normalise)];
        Instruction[][] code = [.. CodeSections(name).Select(section => InstructionCodec.Read(section.Code).Instructions.ToArray())];
        Instruction[] instructions = [.. code.SelectMany(section => section)];
        string[] actual = [.. code.SelectMany(section => Disassembler.Disassemble(section, style).Split('\n', StringSplitOptions.RemoveEmptyEntries)).Select(Normalise)];
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            if (version >= 18 || !expected[i].EndsWith("<unknown>", StringComparison.Ordinal))
            {
                Assert.Equal(expected[i], actual[i]);
            }
            else
            {
                Assert.True(IsKnownFrom18(OpcodeTable.Find(instructions[i])!), actual[i]);
            }
        }
    }

    // BPF v4, and what the decoder had left out before.
    private static bool IsKnownFrom18(InstructionForm form) => form.IsSigned || form is { Kind: InstructionKind.Alu, Alu: AluOperation.Modulo } ||
        form.Kind is InstructionKind.MoveSignExtend or InstructionKind.LoadSignExtend or InstructionKind.SwapBytes or InstructionKind.JumpLong or InstructionKind.StoreImmediate;

    // What differs: objdump tells in words where a jump leads, and writes local calls as it does helpers.
    private static string Normalise(string line) =>
        Symbol().Replace(line, "").Replace("call pc+", "call ", StringComparison.Ordinal).Replace("call pc", "call ", StringComparison.Ordinal).Trim();

    private static (string Tool, int Version) FindObjdump()
    {
        string[] folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        string? tool = Environment.GetEnvironmentVariable("REUSEPORTPS_LLVM_OBJDUMP") ??
            folders.Select(folder => Path.Combine(folder, "llvm-objdump")).FirstOrDefault(File.Exists);
        Assert.SkipWhen(tool is null, "There is no llvm-objdump (REUSEPORTPS_LLVM_OBJDUMP names another).");
        return (tool, int.Parse(Version().Match(Run(tool, "--version")).Groups["major"].Value, System.Globalization.CultureInfo.InvariantCulture));
    }

    private static string Run(string tool, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(tool, arguments) { RedirectStandardOutput = true, UseShellExecute = false })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return output;
    }

    private static string PathOf(string name) => TestData.SharedCorpus(Path.Combine("objects", "public", name));

    /// <summary>Sections with instructions, in the order of the file.</summary>
    private static IEnumerable<(string Name, byte[] Code)> CodeSections(string name)
    {
        byte[] file = File.ReadAllBytes(PathOf(name));
        long table = BinaryPrimitives.ReadInt64LittleEndian(file.AsSpan(0x28));
        int count = BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(0x3c));
        int names = BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(0x3e));
        (int Name, uint Type, long Flags, int Offset, int Size)[] headers = [.. Enumerable.Range(0, count).Select(i =>
        {
            ReadOnlySpan<byte> header = file.AsSpan((int)table + (i * 64));
            return (BinaryPrimitives.ReadInt32LittleEndian(header), BinaryPrimitives.ReadUInt32LittleEndian(header[4..]), BinaryPrimitives.ReadInt64LittleEndian(header[8..]),
                (int)BinaryPrimitives.ReadInt64LittleEndian(header[0x18..]), (int)BinaryPrimitives.ReadInt64LittleEndian(header[0x20..]));
        })];
        const uint ProgramBits = 1;
        const long Executable = 4;
        foreach ((int nameAt, uint type, long flags, int offset, int size) in headers)
        {
            if (type == ProgramBits && (flags & Executable) != 0 && size > 0)
            {
                ReadOnlySpan<byte> text = file.AsSpan(headers[names].Offset + nameAt);
                yield return (Encoding.ASCII.GetString(text[..text.IndexOf((byte)0)]), file.AsSpan(offset, size).ToArray());
            }
        }
    }

    [GeneratedRegex("""^\s+\d+:\t""", RegexOptions.None, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Instruction();

    [GeneratedRegex(""" <(?!unknown)[A-Za-z_.$][^ >]*>$""", RegexOptions.None, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Symbol();

    [GeneratedRegex("""LLVM version (?<major>\d+)""", RegexOptions.None, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Version();
}
