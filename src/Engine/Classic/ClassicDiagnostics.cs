using System.Collections.Immutable;
using ReuseportPS.Engine.Diagnostics;
using static ReuseportPS.Engine.Diagnostics.DiagnosticDefinition;

namespace ReuseportPS.Engine.Classic;

/// <summary>The findings about classic BPF, RPS1101 to RPS1111. The kernel refuses all of them with EINVAL.</summary>
public static class ClassicDiagnostics
{
#pragma warning disable CS1591 // Each says what it is in its title.
    public static readonly DiagnosticDefinition NotText = Error(
        "RPS1101", "Not the text of a classic program",
        "The text is not as tcpdump -ddd writes it: the number of instructions on the first line, then four numbers on each line.",
        "Write it with tcpdump -ddd EXPRESSION; for a program of one's own, give code, jt, jf and k in decimal.");

    public static readonly DiagnosticDefinition NotWhole = Error(
        "RPS1102", "Not a whole number of classic instructions",
        "A classic instruction (struct sock_filter) takes 8 bytes.",
        "Check that the file holds nothing but instructions and is complete.");

    public static readonly DiagnosticDefinition BadLength = Error(
        "RPS1103", "Too few or too many classic instructions",
        "A classic program has 1 to 4096 instructions (BPF_MAXINSNS).",
        "Shorten it, or write it for eBPF.");

    public static readonly DiagnosticDefinition UnknownCode = Error(
        "RPS1104", "Unknown classic instruction",
        "The kernel does not know the operation, or not in a program of a socket.",
        "Use the operations of bpf(4); the value in X is returned by way of A.");

    public static readonly DiagnosticDefinition DivisionByZero = Error(
        "RPS1105", "Division by the constant 0",
        "A division or modulo by 0 is refused when 0 is in the instruction; by X it ends the program with 0.",
        "Divide by something else.");

    public static readonly DiagnosticDefinition ShiftTooFar = Error(
        "RPS1106", "A shift by more than 31",
        "The registers have 32 bits.",
        "Shift by 0 to 31.");

    public static readonly DiagnosticDefinition NoSuchWord = Error(
        "RPS1107", "No such scratch word",
        "There are 16 words of scratch memory, 0 to 15.",
        "Use one of them.");

    public static readonly DiagnosticDefinition WordNotWritten = Error(
        "RPS1108", "A scratch word is read before it is written",
        "On some way to this instruction nothing was stored in the word.",
        "Store a value first, on every way.");

    public static readonly DiagnosticDefinition JumpOutside = Error(
        "RPS1109", "A jump leads out of the program",
        "Jumps lead forwards, to an instruction of the program.",
        "Correct the distance: 0 is the next instruction.");

    public static readonly DiagnosticDefinition NoReturn = Error(
        "RPS1110", "The last instruction is no return",
        "A classic program ends with a return of k or of A.",
        "Add a return.");

    public static readonly DiagnosticDefinition UnknownAncillary = Error(
        "RPS1111", "Unknown ancillary data",
        "Offsets from 0xfffff000 on mean ancillary data, and the kernel knows none at this one.",
        "Use an SKF_AD_ offset of linux/filter.h.");
#pragma warning restore CS1591

    /// <summary>All of them, by code.</summary>
    public static ImmutableArray<DiagnosticDefinition> All { get; } =
        [NotText, NotWhole, BadLength, UnknownCode, DivisionByZero, ShiftTooFar, NoSuchWord, WordNotWritten, JumpOutside, NoReturn, UnknownAncillary];
}
