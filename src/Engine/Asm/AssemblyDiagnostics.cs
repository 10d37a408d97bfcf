using System.Collections.Immutable;
using ReuseportPS.Engine.Diagnostics;
using static ReuseportPS.Engine.Diagnostics.DiagnosticDefinition;

namespace ReuseportPS.Engine.Asm;

/// <summary>The findings about assembler text, RPS1040 to RPS1059. Places are line and column.</summary>
public static class AssemblyDiagnostics
{
#pragma warning disable CS1591 // Each says what it is in its title.
    public static readonly DiagnosticDefinition StrangeCharacter = Error(
        "RPS1040", "A character that is not of the language",
        "The text has a character that no instruction or directive is written with, or a text in quotes that does not end.",
        "Remove it; comments begin with ;, // or #.");

    public static readonly DiagnosticDefinition Expected = Error(
        "RPS1041", "Something else was expected",
        "An instruction or directive begins well and goes on with something that cannot stand there.",
        "Write what the message says; docs/assembly.md shows every form.");

    public static readonly DiagnosticDefinition UnknownStatement = Error(
        "RPS1042", "Not an instruction",
        "A line begins with a word that begins no instruction, label or directive.",
        "docs/assembly.md shows every form. A label ends with a colon, a comment begins with ;.");

    public static readonly DiagnosticDefinition NumberOutOfRange = Error(
        "RPS1043", "A number out of range",
        "The field of the instruction has fewer bits than the number needs: offsets and short jumps have 16 bits with sign, immediates 32.",
        "Use a number in the range that the message names; r1 = NUMBER ll takes 64 bits.");

    public static readonly DiagnosticDefinition NoSuchRegister = Error(
        "RPS1044", "No such register",
        "Registers are r0 to r10, and w0 to w10 for their lower halves.",
        "Use one of them.");

    public static readonly DiagnosticDefinition MixedWidths = Error(
        "RPS1045", "A register of another width",
        "An instruction works on 64 bits (r) or on 32 bits (w); a load, a store and an address have the width that their form says.",
        "Write r or w as the message says.");

    public static readonly DiagnosticDefinition UndefinedLabel = Error(
        "RPS1046", "No such label",
        "A jump or a function address names a label that the text does not define.",
        "Write the label, with a colon, before the instruction that it stands for.");

    public static readonly DiagnosticDefinition DuplicateLabel = Error(
        "RPS1047", "A label stands twice",
        "One name cannot stand for two places.",
        "Rename one of them.");

    public static readonly DiagnosticDefinition LabelOutOfReach = Error(
        "RPS1048", "A label is too far away",
        "goto, may_goto and conditional jumps reach 32767 slots of 8 bytes.",
        "Use gotol (kernel 6.6); for a condition, jump over a gotol with the opposite condition.");

    public static readonly DiagnosticDefinition UnknownFunction = Error(
        "RPS1049", "No such helper or function",
        "A call names neither a label of the text nor a helper, or a helper's name and number do not belong together.",
        "Write a helper by name, with or without bpf_, or by number; a kernel function as kernel-function#ID.");

    public static readonly DiagnosticDefinition UnknownMap = Error(
        "RPS1050", "No such map",
        "An instruction refers to a map that the text does not declare.",
        "Declare it with .map, or refer to it by its index.");

    public static readonly DiagnosticDefinition SignExtended = Warning(
        "RPS1051", "An immediate changes when it is extended",
        "A 64-bit instruction extends its 32-bit immediate by its sign, so that numbers from 0x80000000 to 0xffffffff get an upper half of ones.",
        "Write the negative number if that is meant; otherwise use the w register, or load the number with ll first.");

    public static readonly DiagnosticDefinition SameRegisterWanted = Error(
        "RPS1052", "Two registers must be the same",
        "The instruction has one field for both.",
        "Write the same register in both places.");

    public static readonly DiagnosticDefinition LabelBeforeNothing = Error(
        "RPS1053", "A label before no instruction",
        "A jump leads to a label behind the last instruction.",
        "End the program with an exit.");

    public static readonly DiagnosticDefinition UnknownDirective = Error(
        "RPS1054", "Unknown directive",
        "A line begins with a dot and a word that is no directive.",
        "See docs/assembly.md for the directives.");

    public static readonly DiagnosticDefinition BadDirective = Error(
        "RPS1055", "A directive with a wrong value",
        "A value of a directive is missing, unknown, there twice, or out of range.",
        "See docs/assembly.md for the values of each directive.");

    public static readonly DiagnosticDefinition MisplacedDirective = Error(
        "RPS1056", "A directive in a wrong place",
        "The directive may stand once only, or must follow another.",
        "Remove the second one; .inner and .entry follow the .map that they belong to.");

    public static readonly DiagnosticDefinition DuplicateMap = Error(
        "RPS1057", "Two maps of one name",
        "An instruction names a map, and two maps have the name.",
        "Rename one of them, or refer to it by its index.");

    public static readonly DiagnosticDefinition Empty = Error(
        "RPS1058", "No instruction",
        "The text has no instruction.",
        "Write at least an exit.");

    public static readonly DiagnosticDefinition MoreFindings = Information(
        "RPS1059", "More findings than are shown",
        "Only the first hundred findings about a text are shown.",
        "Correct those first, then look again.");
#pragma warning restore CS1591

    /// <summary>All of them, by code.</summary>
    public static ImmutableArray<DiagnosticDefinition> All { get; } =
    [
        StrangeCharacter, Expected, UnknownStatement, NumberOutOfRange, NoSuchRegister, MixedWidths,
        UndefinedLabel, DuplicateLabel, LabelOutOfReach, UnknownFunction, UnknownMap, SignExtended,
        SameRegisterWanted, LabelBeforeNothing, UnknownDirective, BadDirective, MisplacedDirective, DuplicateMap,
        Empty, MoreFindings,
    ];
}
