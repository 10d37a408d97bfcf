using System.Collections.Immutable;
using System.Globalization;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Execution;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Programs;
using ReuseportPS.Simulator;
using ReuseportPS.Simulator.Preview;

namespace ReuseportPS.Model;

/// <summary>One run of a program for one packet.</summary>
public sealed record SteeringProgramRun
{
    private readonly ProgramOutcome _outcome;

    internal SteeringProgramRun(string program, int slotCount, in Packet packet, ProgramOutcome outcome)
    {
        _outcome = outcome;
        Program = program;
        SlotCount = slotCount;
        Index = packet.Index;
        Flow = packet.Flow;
        Step = outcome.Trace is null ? [] : [.. outcome.Trace.Steps.Select(step => new SteeringProgramStep(step))];
    }

    /// <summary>Name of the program.</summary>
    public string Program { get; }

    /// <summary>Slots of the group.</summary>
    public int SlotCount { get; }

    /// <summary>Position of the packet in its trace, from 0.</summary>
    public long Index { get; }

    /// <summary>The packet's five-tuple.</summary>
    public FlowKey Flow { get; }

    /// <summary>What happens to the packet.</summary>
    public ProgramVerdict Verdict => _outcome.Verdict;

    /// <summary>The slot; null without one.</summary>
    public int? Slot => _outcome.Slot < 0 ? null : _outcome.Slot;

    /// <summary>What the last call of bpf_sk_select_reuseport was refused with; null when it was not, or there was none.</summary>
    public Errno? Errno => _outcome.Errno == Engine.Diagnostics.Errno.None ? null : _outcome.Errno;

    /// <summary>r0 at exit; of a classic program the index.</summary>
    public ulong ReturnValue => _outcome.ReturnValue;

    /// <summary>Instructions executed; null for a classic program.</summary>
    public long? InstructionCount => _outcome.InstructionCount;

    /// <summary>The flow's hash, as the program's context has it.</summary>
    public uint Hash => _outcome.Hash;

    /// <summary>CPU that it ran on.</summary>
    public int Cpu => _outcome.Cpu;

    /// <summary>Every call of bpf_sk_select_reuseport.</summary>
    public ImmutableArray<Selection> Selection => _outcome.Selections;

    /// <summary>What the program did that no verified program can do, with the instruction; null when nothing.</summary>
    public Fault? Fault => _outcome.Fault;

    /// <summary>The line of the source that did it; null when it is not known.</summary>
    public SourceLine? FaultSource => _outcome.FaultSource;

    /// <summary>The run step by step, with -Detailed; empty without.</summary>
    public SteeringProgramStep[] Step { get; }

    /// <summary>Whether <see cref="Step"/> has every step: a long run has more than are kept.</summary>
    public bool IsStepComplete => _outcome.Trace?.IsComplete ?? false;

    /// <summary>Why, in words.</summary>
    public string Reason => _outcome switch
    {
        { Fault: Fault fault } => fault + (FaultSource is null ? "" : $" ({FaultSource})"),
        { InstructionCount: null, Verdict: ProgramVerdict.Kernel } => Invariant($"index {ReturnValue}, and there are {SlotCount} members"),
        { InstructionCount: null } => Invariant($"index {ReturnValue}"),
        { Verdict: ProgramVerdict.Reject, ReturnValue: var value } => Invariant($"{Selected()}returned {(uint)value}{((uint)value == 0 ? "" : ", which is not SK_PASS")}"),
        { Verdict: ProgramVerdict.Slot } => Invariant($"selected index {Slot}"),
        { Selections.IsEmpty: true } => "passed without a selection",
        _ => Selected() + "passed",
    };

    /// <inheritdoc/>
    public override string ToString() => Invariant($"{Flow}: {Verdict}{(Slot is int slot ? $" {slot}" : "")}");

    // The last call of the helper, which is the one that counts.
    private string Selected() => _outcome.Selections is [.., Selection last]
        ? Invariant($"index {last.Index}: {(last.Result == Engine.Diagnostics.Errno.None ? "selected" : last.Result)}, then ")
        : "";

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
