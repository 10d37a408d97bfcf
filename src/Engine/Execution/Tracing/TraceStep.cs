using System.Collections.Immutable;
using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Programs;

namespace ReuseportPS.Engine.Execution.Tracing;

/// <summary>One executed instruction.</summary>
/// <param name="Number">Position in the run, from 0.</param>
/// <param name="Program">The program that it belongs to, which after a tail call is not the first.</param>
/// <param name="Index">Index in the program's instructions.</param>
/// <param name="Slot">The same in 8-byte slots, as verifier logs and disassemblers count.</param>
/// <param name="Depth">Calls that it is in: 0 in the main function.</param>
/// <param name="Before">r0 to r10 before it.</param>
/// <param name="After">r0 to r10 after it: for a call of a local function as the function finds them.</param>
/// <param name="Memory">Memory that it read or wrote, or that the helper it called was given.</param>
/// <param name="Call">The helper or kernel function that it called, or null.</param>
/// <param name="BranchTaken">Whether it jumped; null when it is no conditional jump.</param>
/// <param name="TailCall">Name of the program that a tail call went to, or null.</param>
public sealed record TraceStep(
    int Number, ProgramSpec Program, int Index, int Slot, int Depth, ImmutableArray<ulong> Before, ImmutableArray<ulong> After,
    ImmutableArray<MemoryAccess> Memory, TracedCall? Call, bool? BranchTaken, string? TailCall)
{
    /// <summary>The instruction.</summary>
    public Instruction Instruction => Program.Instructions[Index];

    /// <summary>The line of the source that it comes from, or null when it is not known.</summary>
    public SourceLine? Source => Program.Btf?.SourceOf(Slot);
}
