using System.Collections.Immutable;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Helpers;
using static ReuseportPS.Engine.Diagnostics.DiagnosticDefinition;

namespace ReuseportPS.Engine.Programs;

/// <summary>The findings about programs and their maps as a whole, RPS1020 to RPS1036.</summary>
public static class ProgramDiagnostics
{
#pragma warning disable CS1591 // Each says what it is in its title.
    public static readonly DiagnosticDefinition NoSuchMap = Error(
        "RPS1020", "No such map",
        "An lddw refers to a map by an index that the program does not have.",
        "Add the map to the program, or correct the index.");

    public static readonly DiagnosticDefinition NoMapValueAddress = Error(
        "RPS1021", "No address inside that map",
        "Only an ARRAY with one entry has a value whose address is known when the program is loaded.",
        "Make the map an ARRAY of one entry, stay inside its value, or look the value up with bpf_map_lookup_elem.");

    public static readonly DiagnosticDefinition NoSuchKernelFunction = Error(
        "RPS1022", "No such kernel function",
        "A call refers to a kernel function by an index that the program's list of names does not have.",
        "Name the function in the program, or correct the index.");

    public static readonly DiagnosticDefinition KernelFunctionNotAvailable = Error(
        "RPS1023", "A kernel function that is not available off-kernel",
        "The program calls a function that only makes sense in a running kernel, or one of a kernel module.",
        $"Those that are available: {string.Join(", ", KernelFunctions.Names)}.");

    public static readonly DiagnosticDefinition LabelNotMarked = Error(
        "RPS1030", "A label that is nowhere",
        "Code that is put together jumps to a label that was never put down.",
        "Mark the label before the instruction that it stands for.");

    public static readonly DiagnosticDefinition LabelMarkedTwice = Error(
        "RPS1031", "A label in two places",
        "A label was put down twice.",
        "Give each place a label of its own.");

    public static readonly DiagnosticDefinition LabelAtEnd = Error(
        "RPS1032", "A label behind the last instruction",
        "A jump to it would run off the end.",
        "End the program with an exit.");

    public static readonly DiagnosticDefinition NoProgram = Error(
        "RPS1033", "Not a program",
        "A command that takes programs was given something else.",
        "Give an object of Import-SteeringProgram or Import-SteeringPolicy, bytes, or the path of a file.");

    public static readonly DiagnosticDefinition NotForGroups = Error(
        "RPS1034", "Not a program of groups",
        "Only a program of the type SK_REUSEPORT, or a classic one, chooses a member of a group.",
        "Compile it with SEC(\"sk_reuseport\"), or write .type sk_reuseport into its text.");

    public static readonly DiagnosticDefinition SeatMapNotKnown = Error(
        "RPS1035", "It is not said which map has the seats",
        "The members of a group sit in one socket map. The program has several of the type REUSEPORT_SOCKARRAY, or none of the name that was given.",
        "Name the map with -SeatMap.");

    public static readonly DiagnosticDefinition BadContents = Error(
        "RPS1036", "Contents that a map cannot have",
        "What a map is to hold at the start does not fit its keys, its values or its type.",
        "Give numbers, bytes, addresses or hexadecimal text of the sizes that the map has; of a section of variables, their names.");
#pragma warning restore CS1591

    /// <summary>All of them, by code.</summary>
    public static ImmutableArray<DiagnosticDefinition> All { get; } = [NoSuchMap, NoMapValueAddress, NoSuchKernelFunction, KernelFunctionNotAvailable, LabelNotMarked, LabelMarkedTwice, LabelAtEnd, NoProgram, NotForGroups, SeatMapNotKnown, BadContents];
}
