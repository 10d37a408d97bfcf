using System.Collections.Immutable;
using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Elf;

/// <summary>The findings about object files, RPS20xx: 200x the file, 201x sections and programs, 202x maps, 203x relocations and linking, 204x what is outside of the object.</summary>
public static class ElfDiagnostics
{
#pragma warning disable CS1591 // Each says what it is in its title.
    public static readonly DiagnosticDefinition NotElf = Error(
        "RPS2001", "Not an object file",
        "The bytes do not begin like an ELF file.",
        "Give an object file that clang has made: clang -O2 -g -target bpf -c program.c.");

    public static readonly DiagnosticDefinition NotBpf = Error(
        "RPS2002", "An object file for another machine",
        "The file is ELF, and not a relocatable object with 64-bit BPF code.",
        "Compile with -target bpf and -c.");

    public static readonly DiagnosticDefinition Truncated = Error(
        "RPS2003", "The file is cut off or damaged",
        "A header, section, name or symbol lies outside of the file or of the section it is said to be in.",
        "Copy the file again, or compile again.");

    public static readonly DiagnosticDefinition Overlapping = Error(
        "RPS2004", "Sections overlap",
        "The sections together are larger than the file, so some of them share bytes. No compiler writes that.",
        "The file is damaged. Compile it again.");

    public static readonly DiagnosticDefinition NoSymbols = Error(
        "RPS2005", "No symbols",
        "Programs, maps and variables are found by their symbols, and the file has no symbol table.",
        "Do not strip the object, or only with llvm-strip -g, which takes away nothing but DWARF.");

    public static readonly DiagnosticDefinition MoreFindings = Information(
        "RPS2006", "More findings than are shown",
        "Only the first hundred findings about an object are shown.",
        "Correct those first, then look again.");

    public static readonly DiagnosticDefinition OtherByteOrder = Warning(
        "RPS2007", "A big-endian object",
        "The object was compiled for a big-endian machine. Its instructions are read as what they are, and its variables keep their bytes; what the program computes from bytes of a packet or of a variable is meant for such a machine.",
        "Compile with -target bpfel for x86-64 and arm64.");

    public static readonly DiagnosticDefinition NoTypes = Error(
        "RPS2010", "No BTF",
        "Maps are defined by types (.maps), and the file has no type information (.BTF).",
        "Compile with -g. llvm-strip -g may follow: it takes away DWARF and leaves BTF.");

    public static readonly DiagnosticDefinition LegacyMaps = Error(
        "RPS2011", "Maps of the old style",
        "The section 'maps' holds structures of the old style (struct bpf_map_def), which neither libbpf 1.0 nor this module reads.",
        "Define the maps by types, in SEC(\".maps\"): struct { __uint(type, …); __type(key, …); … } name SEC(\".maps\").");

    public static readonly DiagnosticDefinition NoProgram = Error(
        "RPS2012", "No program",
        "The file has no function in a section that names a kind of program that this module takes.",
        "Put the function into SEC(\"sk_reuseport\") or SEC(\"sk_reuseport/migrate\").");

    public static readonly DiagnosticDefinition OtherProgram = Warning(
        "RPS2013", "A program of another kind",
        "The section names a kind of program that this module does not take, or no kind of program at all. Its programs are left out.",
        "Nothing, if the program is not meant for sockets. Otherwise put it into SEC(\"sk_reuseport\") or SEC(\"sk_reuseport/migrate\").");

    public static readonly DiagnosticDefinition BadFunction = Error(
        "RPS2014", "A function that is not whole",
        "A function is empty, is not a whole number of instructions, reaches beyond its section or overlaps another.",
        "The file is damaged. Compile it again.");

    public static readonly DiagnosticDefinition StaticProgram = Error(
        "RPS2015", "A static program",
        "A function in a section that names a kind of program is static; libbpf does not load those, and the compiler may drop them.",
        "Remove 'static' from a program; leave out SEC() of a function that is only called.");

    public static readonly DiagnosticDefinition NoLicense = Information(
        "RPS2016", "No licence",
        "The file has no section 'license'. The kernel then refuses helpers that are for GPL-compatible programs only.",
        "Add: char LICENSE[] SEC(\"license\") = \"GPL\"; or another licence.");

    public static readonly DiagnosticDefinition BadMap = Error(
        "RPS2020", "A map definition is wrong",
        "A variable in .maps is not a structure of map attributes as bpf_helpers.h makes them, or the attributes contradict each other.",
        "Use __uint, __type, __array and __ulong of bpf_helpers.h, without 'static'.");

    public static readonly DiagnosticDefinition BadMapContents = Error(
        "RPS2021", "The initial values of a map are wrong",
        "The values of a map of maps are maps, those of a PROG_ARRAY programs of this object; others cannot be given.",
        "Initialise .values with & of maps or programs of this file.");

    public static readonly DiagnosticDefinition TooLarge = Error(
        "RPS2022", "A section is too large",
        "A section of variables is larger than a map value can be.",
        "Use a map for large tables.");

    public static readonly DiagnosticDefinition BadRelocation = Error(
        "RPS2030", "A relocation cannot be carried out",
        "An instruction refers to a symbol in a way that has no meaning for BPF: the kind of relocation, the instruction or the symbol does not fit.",
        "Compile with clang; take the address of maps, of variables with an initial value, and of functions only.");

    public static readonly DiagnosticDefinition BadCall = Error(
        "RPS2031", "A call that leads to no function",
        "A call or a function's address leads outside of the functions of .text. A program calls functions that have no SEC().",
        "Put the function that is called into no section, and make it __noinline; link several objects with bpftool gen object first.");

    public static readonly DiagnosticDefinition LinkedTooLarge = Error(
        "RPS2032", "The linked programs are too large",
        "Every program gets a copy of the functions that it calls; together they are more than this module takes for a file of this size.",
        "Split the object, or use fewer programs.");

    public static readonly DiagnosticDefinition DataPointers = Warning(
        "RPS2033", "Variables that hold addresses",
        "A section of variables is initialised with addresses of functions or variables. They are not known when the map is filled, so zero is there instead.",
        "Fill the variables by other means, or use a switch.");

    public static readonly DiagnosticDefinition UnknownExtern = Error(
        "RPS2040", "Something that is defined nowhere",
        "The object refers to a function or variable that it declares and does not define.",
        "Link the objects with bpftool gen object first, or declare kernel functions with __ksym.");

    public static readonly DiagnosticDefinition KernelConfiguration = Error(
        "RPS2041", "A value of the kernel's configuration",
        "The object reads a variable of .kconfig (__kconfig), which libbpf fills from the running kernel's configuration. This module does not.",
        "Use a 'const volatile' variable.");

    public static readonly DiagnosticDefinition KernelFunction = Error(
        "RPS2042", "A kernel function or variable that cannot be found",
        "The object refers to a function or variable of the kernel (__ksym); its number is found in the kernel's types, and they were not given or do not have it.",
        "Give the kernel's types (/sys/kernel/btf/vmlinux), or declare it __weak and ask with bpf_ksym_exists.");
#pragma warning restore CS1591

    /// <summary>All of them, by code.</summary>
    public static ImmutableArray<DiagnosticDefinition> All { get; } =
    [
        NotElf, NotBpf, Truncated, Overlapping, NoSymbols, MoreFindings, OtherByteOrder, NoTypes, LegacyMaps, NoProgram, OtherProgram, BadFunction,
        StaticProgram, NoLicense, BadMap, BadMapContents, TooLarge, BadRelocation, BadCall, LinkedTooLarge, DataPointers, UnknownExtern,
        KernelConfiguration, KernelFunction,
    ];

    private static DiagnosticDefinition Error(string code, string title, string explanation, string remedy) =>
        new(code, DiagnosticSeverity.Error, title, explanation, remedy);

    private static DiagnosticDefinition Warning(string code, string title, string explanation, string remedy) =>
        new(code, DiagnosticSeverity.Warning, title, explanation, remedy);

    private static DiagnosticDefinition Information(string code, string title, string explanation, string remedy) =>
        new(code, DiagnosticSeverity.Information, title, explanation, remedy);
}
