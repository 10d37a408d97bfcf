using System.Globalization;
using System.Text;
using ReuseportPS.Engine.Asm;
using ReuseportPS.Engine.Helpers;
using ReuseportPS.Engine.Maps;

namespace ReuseportPS.Engine.Programs;

/// <summary>A whole program as text: directives for what it is and for its maps, then its instructions. docs/assembly.md describes it.</summary>
public static class ProgramText
{
    /// <summary>The text of a program; <see cref="Read"/> gives the same program back, without its types: source lines become comments, functions labels.</summary>
    /// <param name="program">The program.</param>
    /// <param name="style">How instructions are written; null for labels and decimal numbers. Names of maps, helpers and kernel functions are the program's.</param>
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

        foreach (string function in program.KernelFunctions)
        {
            text.Append(".kfunc ").Append(Word(function)).Append('\n');
        }

        text.Append(program.Maps.IsEmpty && program.KernelFunctions.IsEmpty ? "" : "\n").Append(WriteInstructions(program, style));
        return text.ToString();
    }

    /// <summary>The instructions of a program, as in <see cref="Write"/>, without the directives.</summary>
    public static string WriteInstructions(ProgramSpec program, DisassemblyOptions? style = null)
    {
        style ??= new DisassemblyOptions { Labels = true };
        style = style with
        {
            Comments = style.Comments.Count > 0 ? style.Comments : Comments(program),
            Names = new AssemblyNames
            {
                Maps = [.. program.Maps.Select(map => map.Name)],
                Helpers = HelperNames.All,
                KernelFunctions = program.KernelFunctions,
                Labels = style.Names.Labels.Count > 0 ? style.Names.Labels : Functions(program),
            },
        };
        return Disassembler.Disassemble(program.Instructions.AsSpan(), style);
    }

    /// <summary>Reads a program. Never throws: every finding has line, column and remedy (RPS1001 to RPS1020, RPS1040 to RPS1059).</summary>
    /// <param name="text">The text.</param>
    /// <param name="source">What messages call the text; a file name.</param>
    /// <param name="name">Name of the program when the text gives none.</param>
    public static ProgramReading Read(string text, string? source = null, string name = "program") =>
        new ProgramTextReader(text, source).Read(name);

    private static Dictionary<int, string> Functions(ProgramSpec program)
    {
        Dictionary<int, string> names = [];
        foreach (FunctionInfo function in program.Btf?.Functions ?? [])
        {
            names[function.Slot] = program.Btf!.Types.NameOf(function.TypeId);
        }

        return names;
    }

    // What stretches of code are for, as its maker says it; else the lines of the source, each once where several instructions in a row come from it.
    private static IReadOnlyDictionary<int, string> Comments(ProgramSpec program)
    {
        if (program.Comments.Count > 0 || program.Btf is null)
        {
            return program.Comments;
        }

        Dictionary<int, string> comments = [];
        string last = "";
        foreach (LineInfo line in program.Btf.Lines)
        {
            if (program.Btf.SourceOf(line.Slot) is SourceLine { Text.Length: > 0 } source && source.ToString() is string text && text != last)
            {
                comments[line.Slot] = last = text;
            }
        }

        return comments;
    }

    private static void Append(StringBuilder text, string directive, MapSpec map)
    {
        text.Append(directive).Append(Word(map.Name)).Append(' ').Append(ProgramWords.TextOf(ProgramWords.MapTypes, map.Type));
        text.Append(CultureInfo.InvariantCulture, $" key={map.KeySize} value={map.ValueSize} entries={map.MaxEntries}");
        if (map.Flags != MapFlags.None)
        {
            text.Append(" flags=").Append(ProgramWords.TextOf(map.Flags));
        }

        if (map.Extra != 0)
        {
            text.Append(CultureInfo.InvariantCulture, $" extra={map.Extra}");
        }

        if (map.SpinLockOffset is int spinLock)
        {
            text.Append(CultureInfo.InvariantCulture, $" spin_lock={spinLock}");
        }

        if (map.NumaNode != 0)
        {
            text.Append(CultureInfo.InvariantCulture, $" numa_node={map.NumaNode}");
        }

        text.Append(map.Frozen ? " frozen\n" : "\n");
        foreach (MapEntry entry in map.GetEntries())
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
