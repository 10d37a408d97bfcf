using System.Globalization;
using System.Text;

namespace ReuseportPS.Engine.Diagnostics;

/// <summary>Where in an input something was found. Only the parts that apply are set.</summary>
/// <param name="Source">File name, or what the user called the input.</param>
/// <param name="Line">Line, counted from 1.</param>
/// <param name="Column">Column, counted from 1.</param>
/// <param name="Instruction">Instruction index in the program, counted from 0 in 8-byte slots.</param>
/// <param name="Section">Section of an object file.</param>
/// <param name="Offset">Byte offset in the file or section, counted from 0.</param>
public sealed record SourceLocation(
    string? Source = null, int? Line = null, int? Column = null, int? Instruction = null, string? Section = null, long? Offset = null)
{
    /// <summary>The place as text: <c>web.yaml:7:3</c>, <c>instruction 12</c>, <c>trace.pcap, offset 1040</c>.</summary>
    public override string ToString()
    {
        StringBuilder text = new(Source);
        if (Line is int line)
        {
            text.Append(text.Length > 0 ? ":" : "line ").Append(CultureInfo.InvariantCulture, $"{line}");
            if (Column is int column)
            {
                text.Append(CultureInfo.InvariantCulture, $":{column}");
            }
        }

        Append(text, "section", Section);
        Append(text, "instruction", Instruction?.ToString(CultureInfo.InvariantCulture));
        Append(text, "offset", Offset?.ToString(CultureInfo.InvariantCulture));
        return text.ToString();
    }

    private static void Append(StringBuilder text, string label, string? value)
    {
        if (value is not null)
        {
            text.Append(text.Length > 0 ? ", " : "").Append(label).Append(' ').Append(value);
        }
    }
}
