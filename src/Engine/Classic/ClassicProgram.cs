using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Classic;

/// <summary>A classic BPF program, for SO_ATTACH_REUSEPORT_CBPF: it returns the index of a member of the group.</summary>
/// <param name="Instructions">The code. Not checked: see <see cref="ClassicChecker"/>.</param>
public sealed record ClassicProgram(ImmutableArray<ClassicInstruction> Instructions)
{
    private const int InstructionSize = 8;

    /// <summary>Reads instructions as they lie in memory, little-endian (<c>struct sock_filter</c>), and checks them.</summary>
    public static ClassicReading FromBytes(ReadOnlySpan<byte> bytes, string? source = null)
    {
        if (bytes.Length % InstructionSize != 0)
        {
            return new ClassicReading(null, [ClassicDiagnostics.NotWhole.At(new SourceLocation(source, Offset: bytes.Length), $"{bytes.Length} bytes are not a whole number of 8-byte instructions.")]);
        }

        ImmutableArray<ClassicInstruction>.Builder code = ImmutableArray.CreateBuilder<ClassicInstruction>(bytes.Length / InstructionSize);
        for (int at = 0; at < bytes.Length; at += InstructionSize)
        {
            ReadOnlySpan<byte> slot = bytes[at..];
            code.Add(new ClassicInstruction(BinaryPrimitives.ReadUInt16LittleEndian(slot), slot[2], slot[3], BinaryPrimitives.ReadUInt32LittleEndian(slot[4..])));
        }

        return Check(code.MoveToImmutable(), source, null);
    }

    /// <summary>Reads the text of <c>tcpdump -ddd</c> and checks it.</summary>
    public static ClassicReading FromText(string text, string? source = null)
    {
        List<ClassicInstruction> code = [];
        List<int> lines = [];
        long? count = null;
        int number = 0;
        Span<uint> values = stackalloc uint[5];
        foreach (ReadOnlySpan<char> line in text.AsSpan().EnumerateLines())
        {
            number++;
            ReadOnlySpan<char> content = line.Trim();
            if (content.IsEmpty)
            {
                continue;
            }

            int columns = ReadNumbers(content, values);
            bool fits = count is null ? columns == 1 : columns == 4 && values[0] <= ushort.MaxValue && values[1] <= byte.MaxValue && values[2] <= byte.MaxValue;
            if (!fits)
            {
                string expected = count is null ? "the number of instructions" : "code (16 bits), jt and jf (8 bits each) and k (32 bits)";
                return Refuse(new SourceLocation(source, number, 1), $"Expected {expected}.");
            }

            if (count is null)
            {
                count = values[0];
                continue;
            }

            code.Add(new ClassicInstruction((ushort)values[0], (byte)values[1], (byte)values[2], values[3]));
            lines.Add(number);
        }

        return count == code.Count
            ? Check([.. code], source, lines)
            : Refuse(
                new SourceLocation(source, 1, 1),
                count is null ? "The text is empty." : string.Create(CultureInfo.InvariantCulture, $"The first line says {count} instructions, and {code.Count} follow."));
    }

    /// <summary>The instructions as they lie in memory.</summary>
    public byte[] ToBytes()
    {
        byte[] bytes = new byte[Instructions.Length * InstructionSize];
        Span<byte> rest = bytes;
        foreach (ClassicInstruction instruction in Instructions)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(rest, instruction.Code);
            rest[2] = instruction.JumpTrue;
            rest[3] = instruction.JumpFalse;
            BinaryPrimitives.WriteUInt32LittleEndian(rest[4..], instruction.K);
            rest = rest[InstructionSize..];
        }

        return bytes;
    }

    /// <summary>The text as <c>tcpdump -ddd</c> writes it.</summary>
    public string ToText()
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"{Instructions.Length}\n");
        foreach (ClassicInstruction instruction in Instructions)
        {
            text.Append(CultureInfo.InvariantCulture, $"{instruction.Code} {instruction.JumpTrue} {instruction.JumpFalse} {instruction.K}\n");
        }

        return text.ToString();
    }

    private static ClassicReading Check(ImmutableArray<ClassicInstruction> code, string? source, List<int>? lines)
    {
        ImmutableArray<Diagnostic> findings = [.. ClassicChecker.Check(code.AsSpan()).Select(finding => finding with
        {
            Location = (finding.Location ?? new SourceLocation()) with { Source = source, Line = finding.Location?.Instruction is int at ? lines?[at] : null },
        })];
        return new ClassicReading(findings.IsEmpty ? new ClassicProgram(code) : null, findings);
    }

    private static ClassicReading Refuse(SourceLocation place, string message) => new(null, [ClassicDiagnostics.NotText.At(place, message)]);

    /// <summary>How many numbers there are; -1 when something else is among them, or more than there is room for.</summary>
    private static int ReadNumbers(ReadOnlySpan<char> text, Span<uint> numbers)
    {
        int count = 0;
        foreach (Range range in text.SplitAny(' ', '\t'))
        {
            if (text[range].IsEmpty)
            {
                continue;
            }

            if (count == numbers.Length || !uint.TryParse(text[range], NumberStyles.None, CultureInfo.InvariantCulture, out numbers[count]))
            {
                return -1;
            }

            count++;
        }

        return count;
    }
}
