using System.Globalization;

namespace ReuseportPS.Engine.Execution;

/// <summary>Where and why a run ended without a result.</summary>
/// <param name="Kind">Why.</param>
/// <param name="Instruction">Index of the instruction in its program, in 8-byte slots.</param>
/// <param name="Address">The address accessed, where one was.</param>
/// <param name="Text">One sentence.</param>
/// <param name="Program">Name of the program, which after a tail call is not the first.</param>
public sealed record Fault(FaultKind Kind, int Instruction, ulong? Address, string Text, string Program)
{
    /// <summary><c>instruction 12: 8-byte load at 0x800000200: outside stack frame 0</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"instruction {Instruction}: {Text}");
}
