using System.Collections.Immutable;
using ReuseportPS.Engine.Diagnostics;
using static ReuseportPS.Engine.Diagnostics.DiagnosticDefinition;

namespace ReuseportPS.Engine.Isa;

/// <summary>The findings about code as instructions, RPS1001 to RPS1013. Places are in slots of 8 bytes.</summary>
public static class InstructionDiagnostics
{
#pragma warning disable CS1591 // Each says what it is in its title.
    public static readonly DiagnosticDefinition UnknownOpcode = Error(
        "RPS1001", "Unknown opcode",
        "The first byte of an instruction is not one that RFC 9669 or kernel 6.18 knows.",
        "Check that the bytes are eBPF in little-endian order and begin at an instruction; a newer kernel may know more.");

    public static readonly DiagnosticDefinition HalfWideLoad = Error(
        "RPS1002", "Half an lddw",
        "The program ends after the first of the two slots that lddw takes.",
        "Add the second slot, or end the program before the lddw.");

    public static readonly DiagnosticDefinition WideLoadSecondSlot = Error(
        "RPS1003", "The second slot of lddw is not plain",
        "The second slot of lddw may hold an immediate and nothing else.",
        "Set its opcode, registers and offset to 0.");

    public static readonly DiagnosticDefinition ReservedField = Error(
        "RPS1004", "A reserved field is not zero",
        "A field that the instruction does not use has a value. The kernel refuses such code, since the field may get a meaning.",
        "Set the field to 0.");

    public static readonly DiagnosticDefinition NoSuchRegister = Error(
        "RPS1005", "No such register",
        "A register field has 11 to 15.",
        "Use r0 to r10.");

    public static readonly DiagnosticDefinition FramePointerWritten = Error(
        "RPS1006", "The frame pointer is written to",
        "r10 points to the stack and may only be read.",
        "Copy r10 to another register and change that.");

    public static readonly DiagnosticDefinition UnknownVariant = Error(
        "RPS1007", "Unknown variant of an opcode",
        "The opcode is known, but the field that tells its variants apart has a value without meaning.",
        "Use a value that RFC 9669 lists for the opcode.");

    public static readonly DiagnosticDefinition JumpOutside = Error(
        "RPS1008", "A jump leads out of the program",
        "The distance of a jump, call or function address leads before the first or behind the last instruction.",
        "Distances count 8-byte slots from the next instruction; lddw has two. Use labels.");

    public static readonly DiagnosticDefinition JumpIntoWideLoad = Error(
        "RPS1009", "A jump leads into an lddw",
        "The distance leads to the second slot of an lddw, which is no instruction.",
        "Distances count 8-byte slots from the next instruction; lddw has two. Use labels.");

    public static readonly DiagnosticDefinition RunsOffEnd = Error(
        "RPS1010", "The program runs off its end",
        "The last instruction is neither exit nor a jump.",
        "End the program with exit or a jump.");

    public static readonly DiagnosticDefinition PacketLoadRefused = Error(
        "RPS1011", "A packet load of classic BPF",
        "Loads of the form *(u32 *)skb[...] exist for socket filters and traffic classifiers only.",
        "Read through the data pointer of the context or with bpf_skb_load_bytes.");

    public static readonly DiagnosticDefinition BadLength = Error(
        "RPS1012", "Too few or too many instructions",
        "A program has 1 to 1000000 slots (BPF_COMPLEXITY_LIMIT_INSNS).",
        "Give it at least an exit, or split it with tail calls.");

    public static readonly DiagnosticDefinition NotWholeSlots = Error(
        "RPS1013", "Not a whole number of instructions",
        "Every instruction takes 8 bytes, lddw 16; the length of the bytes is not a multiple of 8.",
        "Check that the file holds nothing but instructions and is complete.");

#pragma warning restore CS1591

    /// <summary>All of them, by code.</summary>
    public static ImmutableArray<DiagnosticDefinition> All { get; } =
    [
        UnknownOpcode, HalfWideLoad, WideLoadSecondSlot, ReservedField, NoSuchRegister, FramePointerWritten,
        UnknownVariant, JumpOutside, JumpIntoWideLoad, RunsOffEnd, PacketLoadRefused, BadLength,
        NotWholeSlots,
    ];
}
