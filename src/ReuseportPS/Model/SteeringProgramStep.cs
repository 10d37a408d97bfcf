using System.Collections.Immutable;
using ReuseportPS.Engine.Asm;
using ReuseportPS.Engine.Execution.Tracing;
using ReuseportPS.Engine.Helpers;
using ReuseportPS.Engine.Programs;
using ReuseportPS.Formatting;

namespace ReuseportPS.Model;

/// <summary>One executed instruction of a run.</summary>
public sealed record SteeringProgramStep
{
    private readonly TraceStep _step;

    internal SteeringProgramStep(TraceStep step) => _step = step;

    /// <summary>Position in the run, from 0.</summary>
    public int Number => _step.Number;

    /// <summary>Name of the program, which after a tail call is not the first.</summary>
    public string Program => _step.Program.Name;

    /// <summary>The instruction's place in the program, in 8-byte slots.</summary>
    public int Slot => _step.Slot;

    /// <summary>Calls of local functions that it is in.</summary>
    public int Depth => _step.Depth;

    /// <summary>The instruction as text.</summary>
    public string Instruction => Disassembler.Format(_step.Instruction, new DisassemblyOptions
    {
        Names = new AssemblyNames
        {
            Maps = [.. _step.Program.Maps.Select(map => map.Name)],
            Helpers = HelperNames.All,
            KernelFunctions = _step.Program.KernelFunctions,
        },
    });

    /// <summary>r0 to r10 before it.</summary>
    public ImmutableArray<ulong> Before => _step.Before;

    /// <summary>r0 to r10 after it.</summary>
    public ImmutableArray<ulong> After => _step.After;

    /// <summary>Memory that it read or wrote, or that the helper it called was given, with the bytes before and after.</summary>
    public ImmutableArray<MemoryAccess> Memory => _step.Memory;

    /// <summary>The helper or kernel function that it called, with arguments and result; null when none.</summary>
    public TracedCall? Call => _step.Call;

    /// <summary>Whether it jumped; null when it is no conditional jump.</summary>
    public bool? BranchTaken => _step.BranchTaken;

    /// <summary>Name of the program that a tail call went to, or null.</summary>
    public string? TailCall => _step.TailCall;

    /// <summary>The line of the source that it comes from, or null when it is not known.</summary>
    public SourceLine? Source => _step.Source;

    /// <summary>What it did, in words: registers that changed, memory, the call.</summary>
    public string Effect => StepText.Of(_step);

    /// <inheritdoc/>
    public override string ToString() => Instruction;
}
