namespace ReuseportPS.Engine.Programs;

/// <summary>Where an instruction comes from (<c>struct bpf_line_info</c>). It holds for the instructions up to the next.</summary>
/// <param name="Slot">The instruction, in 8-byte slots.</param>
/// <param name="FileName">Offset of the file's name in the strings of the BTF blob.</param>
/// <param name="Text">Offset of the line's text there.</param>
/// <param name="LineAndColumn">Line in the upper 22 bits, column in the lower 10.</param>
public readonly record struct LineInfo(int Slot, uint FileName, uint Text, uint LineAndColumn)
{
    /// <summary>Line, counted from 1; 0 when it is not known.</summary>
    public int Line => (int)(LineAndColumn >> 10);

    /// <summary>Column, counted from 1; 0 when it is not known.</summary>
    public int Column => (int)(LineAndColumn & 0x3ff);
}
