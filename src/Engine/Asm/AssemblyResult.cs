using System.Collections.Immutable;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Isa;

namespace ReuseportPS.Engine.Asm;

/// <summary>Outcome of <see cref="Assembler.Assemble"/>.</summary>
/// <param name="Instructions">The code; empty when there are errors.</param>
/// <param name="Places">Where each instruction stands in the text.</param>
/// <param name="Labels">Names of places in the text, with their slots.</param>
/// <param name="Diagnostics">Errors, and warnings about what was accepted, in the order of the text.</param>
public sealed record AssemblyResult(
    ImmutableArray<Instruction> Instructions,
    ImmutableArray<SourceLocation> Places,
    ImmutableSortedDictionary<int, string> Labels,
    ImmutableArray<Diagnostic> Diagnostics)
{
    /// <summary>Whether there is code.</summary>
    public bool Succeeded => !Instructions.IsEmpty;
}
