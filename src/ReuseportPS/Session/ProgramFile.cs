using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using ReuseportPS.Engine.Btf;
using ReuseportPS.Engine.Classic;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Elf;
using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Programs;
using ReuseportPS.Model;

namespace ReuseportPS.Session;

/// <summary>Programs in files: text, bytes, objects.</summary>
internal static class ProgramFile
{
    /// <summary>Reads the programs of a file, and what was found about them.</summary>
    /// <param name="path">The file.</param>
    /// <param name="format">How it keeps the program.</param>
    /// <param name="kernelTypes">A file with the types of the kernel that an object file is read for; null for none.</param>
    /// <exception cref="DiagnosticException">The file is no program.</exception>
    public static (IReadOnlyList<SteeringProgram> Programs, IReadOnlyList<Diagnostic> Findings) Read(string path, SteeringProgramFormat format, string? kernelTypes = null)
    {
        byte[] bytes = File.ReadAllBytes(path);
        string name = Path.GetFileNameWithoutExtension(path);
        switch (format == SteeringProgramFormat.Auto ? FormatOf(bytes, path) : format)
        {
            case SteeringProgramFormat.Object:
                return FromObject(bytes, name, path, kernelTypes is null ? null : ReadTypes(kernelTypes));
            case SteeringProgramFormat.Bytes:
                return ([FromBytes(bytes, name, path)], []);
            default:
                return FromText(Encoding.UTF8.GetString(bytes), name, path);
        }
    }

    /// <summary>The classic program of a file, or null when the file is of another kind.</summary>
    /// <exception cref="DiagnosticException">It is one that the kernel refuses.</exception>
    public static ClassicSteeringProgram? ReadClassic(string path, SteeringProgramFormat format)
    {
        byte[] bytes = File.ReadAllBytes(path);
        ClassicReading? reading = (format == SteeringProgramFormat.Auto ? FormatOf(bytes, path) : format) switch
        {
            SteeringProgramFormat.Classic => ClassicProgram.FromText(Encoding.UTF8.GetString(bytes), path),
            SteeringProgramFormat.ClassicBytes => ClassicProgram.FromBytes(bytes, path),
            _ => null,
        };
        return reading is null ? null
            : reading.Program is null ? throw new DiagnosticException(reading.Diagnostics)
            : new ClassicSteeringProgram(Path.GetFileNameWithoutExtension(path), path, reading.Program);
    }

    /// <summary>Reads a program's text.</summary>
    /// <exception cref="DiagnosticException">The text is no program.</exception>
    public static (IReadOnlyList<SteeringProgram> Programs, IReadOnlyList<Diagnostic> Findings) FromText(string text, string name, string? source)
    {
        ProgramReading reading = ProgramText.Read(text, source, NameOf(name));
        return reading.Program is null
            ? throw new DiagnosticException(reading.Diagnostics)
            : ([new SteeringProgram(reading.Program.Name, source, reading.Program)], reading.Diagnostics);
    }

    /// <summary>A program of bytes alone: an SK_REUSEPORT program without maps.</summary>
    /// <exception cref="DiagnosticException">The bytes are no program.</exception>
    public static SteeringProgram FromBytes(byte[] bytes, string name, string? source)
    {
        DecodeResult code = InstructionCodec.Decode(bytes);
        return code.Succeeded
            ? new SteeringProgram(name, source, new ProgramSpec(NameOf(name), ProgramType.SkReuseport, AttachType.SkReuseportSelect, code.Instructions, []))
            : throw Refuse(code.Diagnostics, source);
    }

    /// <summary>How a file of this name is written when nothing else is said.</summary>
    public static SteeringProgramFormat FormatOf(string path) => Path.GetExtension(path).ToUpperInvariant() switch
    {
        ".BIN" => SteeringProgramFormat.Bytes,
        ".O" => SteeringProgramFormat.Object,
        ".DDD" => SteeringProgramFormat.Classic,
        _ => SteeringProgramFormat.Assembly,
    };

    private static (IReadOnlyList<SteeringProgram> Programs, IReadOnlyList<Diagnostic> Findings) FromObject(byte[] bytes, string name, string path, BtfTypes? kernelTypes)
    {
        ElfObject read = ElfObject.Read(bytes, name, new ElfOptions(kernelTypes));
        if (!read.Succeeded)
        {
            throw Refuse(read.Diagnostics, path);
        }

        ProgramCollection? collection = read.Slots.IsEmpty ? null : read.Collection;
        return ([.. read.Programs.Select(program => new SteeringProgram(program.Name, path, program.Spec, collection))], read.Diagnostics);
    }

    private static BtfTypes ReadTypes(string path) =>
        BtfTypes.TryRead(File.ReadAllBytes(path), out BtfTypes? types, out ImmutableArray<Diagnostic> diagnostics)
            ? types
            : throw Refuse(diagnostics, path);

    // No text has a NUL; of instructions every lddw, exit and move has several.
    private static SteeringProgramFormat FormatOf(ReadOnlySpan<byte> bytes, string path) =>
        bytes.StartsWith("\u007fELF"u8) ? SteeringProgramFormat.Object
        : bytes.Contains((byte)0) ? SteeringProgramFormat.Bytes
        : FormatOf(path) is SteeringProgramFormat.Assembly && IsNumber(bytes[..Math.Max(0, bytes.IndexOf((byte)'\n'))]) ? SteeringProgramFormat.Classic
        : FormatOf(path);

    // No assembler text has a line of nothing but a number.
    private static bool IsNumber(ReadOnlySpan<byte> line) => int.TryParse(line, NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out _);

    private static DiagnosticException Refuse(ImmutableArray<Diagnostic> diagnostics, string? source) =>
        new([.. diagnostics.Select(finding => finding with { Location = (finding.Location ?? new SourceLocation()) with { Source = source } })]);

    private static string NameOf(string name)
    {
        string letters = string.Concat(name.Take(15).Select(letter => char.IsAsciiLetterOrDigit(letter) || letter is '_' or '.' ? letter : '_'));
        return letters.Length == 0 ? "program" : letters;
    }
}
