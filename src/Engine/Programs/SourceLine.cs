using System.Globalization;

namespace ReuseportPS.Engine.Programs;

/// <summary>A line of the source that a program was compiled from.</summary>
/// <param name="Slot">The first instruction of it, in 8-byte slots.</param>
/// <param name="File">File name as the compiler was given it.</param>
/// <param name="Line">Line, counted from 1.</param>
/// <param name="Column">Column, counted from 1; 0 when it is not known.</param>
/// <param name="Text">The line's text, as far as the object has it.</param>
public sealed record SourceLine(int Slot, string File, int Line, int Column, string Text)
{
    /// <summary>The line as verifier logs write it: <c>n = worker_count; @ p01_hash_mod.c:7</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Text.Trim()} @ {Path.GetFileName(File)}:{Line}");
}
