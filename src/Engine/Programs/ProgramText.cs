using System.Globalization;
using System.Text;
using ReuseportPS.Engine.Asm;
using ReuseportPS.Engine.Helpers;
using ReuseportPS.Engine.Maps;

namespace ReuseportPS.Engine.Programs;

/// <summary>A whole program as text: directives for what it is and for its maps, then its instructions. docs/assembly.md describes it.</summary>
public static class ProgramText
{
    /// <summary>The text of a program; <see cref="Read"/> gives the same program back.</summary>
    /// <param name="program">The program.</param>
    /// <param name="style">How instructions are written; null for labels and decimal numbers. The names are those of the program's maps and of all helpers.</param>
    public static string Write(ProgramSpec program, DisassemblyOptions? style = null)
    {
        StringBuilder text = new();
        text.Append(".program ").Append(Word(program.Name)).Append('\n');
        text.Append(".type ").Append(ProgramWords.TextOf(ProgramWords.ProgramTypes, program.Type)).Append('\n');
        text.Append(".attach ").Append(ProgramWords.TextOf(ProgramWords.AttachTypes, program.ExpectedAttachType)).Append('\n');
        text.Append(".license ").Append(Lexer.Quote(program.License)).Append("\n\n");
        foreach (MapSpec map in program.Maps)
        {
            Append(text, ".map ", map);
        }

        style ??= new DisassemblyOptions { Labels = true };
        style = style with
        {
            Names = style.Names with { Maps = [.. program.Maps.Select(map => map.Name)], Helpers = HelperNames.All },
        };
        text.Append(program.Maps.IsEmpty ? "" : "\n").Append(Disassembler.Disassemble(program.Instructions.AsSpan(), style));
        return text.ToString();
    }

    /// <summary>Reads a program. Never throws: every finding has line, column and remedy (RPS1001 to RPS1020, RPS1040 to RPS1059).</summary>
    /// <param name="text">The text.</param>
    /// <param name="source">What messages call the text; a file name.</param>
    /// <param name="name">Name of the program when the text gives none.</param>
    public static ProgramReading Read(string text, string? source = null, string name = "program") =>
        new ProgramTextReader(text, source).Read(name);

    private static void Append(StringBuilder text, string directive, MapSpec map)
    {
        text.Append(directive).Append(Word(map.Name)).Append(' ').Append(ProgramWords.TextOf(ProgramWords.MapTypes, map.Type));
        text.Append(CultureInfo.InvariantCulture, $" key={map.KeySize} value={map.ValueSize} entries={map.MaxEntries}");
        if (map.Flags != MapFlags.None)
        {
            text.Append(" flags=").Append(ProgramWords.TextOf(map.Flags));
        }

        text.Append(map.Frozen ? " frozen\n" : "\n");
        foreach (MapEntry entry in map.Contents)
        {
            text.Append(".entry ").Append(Bytes(entry.Key.AsSpan())).Append(' ').Append(Bytes(entry.Value.AsSpan())).Append('\n');
        }

        if (map.Inner is not null)
        {
            Append(text, ".inner ", map.Inner);
        }
    }

    private static string Bytes(ReadOnlySpan<byte> bytes) => bytes.IsEmpty ? "-" : Convert.ToHexStringLower(bytes);

    private static string Word(string name) => Lexer.IsWord(name) ? name : Lexer.Quote(name);
}
