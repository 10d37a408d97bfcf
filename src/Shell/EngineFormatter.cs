using Microsoft.PowerShell.Commands.Internal.Format;

namespace ReuseportPS.Shell;

/// <summary>
/// Connects the Format-* and Out-String cmdlets to the engine's own formatter, so that a view renders exactly as in pwsh. The
/// engine holds the formatter and the public base classes; pwsh's cmdlets only choose the shape, and so do these.
/// </summary>
internal static class EngineFormatter
{
    private const string Format = "Microsoft.PowerShell.Commands.Internal.Format.";

    /// <summary>Gives a Format-* cmdlet its shape.</summary>
    /// <param name="cmdlet">The cmdlet.</param>
    /// <param name="shape">Table, List or Wide, as in the engine's FormatShape.</param>
    public static void AttachShape(FrontEndCommandBase cmdlet, string shape) => Attach(
        cmdlet, EngineInternals.Create(Format + "InnerFormatShapeCommand", Enum.Parse(EngineInternals.Type(Format + "FormatShape"), shape)));

    /// <summary>Makes a cmdlet render what it receives as lines of text into a writer.</summary>
    /// <param name="cmdlet">The cmdlet.</param>
    /// <param name="writer">Where the lines go.</param>
    /// <param name="columns">Width in character cells.</param>
    public static void AttachTextOutput(FrontEndCommandBase cmdlet, TextWriter writer, int columns)
    {
        object output = EngineInternals.Create(Format + "OutputManagerInner");
        object lines = EngineInternals.Create(Format + "TextWriterLineOutput", writer, columns);
        EngineInternals.Property(output.GetType(), "LineOutput").SetValue(output, lines);
        Attach(cmdlet, output);
    }

    private static void Attach(FrontEndCommandBase cmdlet, object implementation) =>
        EngineInternals.Field(typeof(FrontEndCommandBase), "implementation").SetValue(cmdlet, implementation);
}
