using System.Collections.Immutable;
using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Btf;

/// <summary>The findings about type information, RPS21xx: 210x the blob itself, 211x lines and functions, 212x relocations against a kernel.</summary>
public static class BtfDiagnostics
{
#pragma warning disable CS1591 // Each says what it is in its title.
    public static readonly DiagnosticDefinition NotBtf = Error(
        "RPS2101", "Not type information",
        "The bytes do not begin like BTF of version 1, in the byte order that is expected.",
        "Give the .BTF section of an object file, or /sys/kernel/btf/vmlinux.");

    public static readonly DiagnosticDefinition Truncated = Error(
        "RPS2102", "Type information is cut off",
        "The type or string section reaches beyond the end, or a type is cut off.",
        "Read the blob again; it may have been cut off. An object file is best compiled again.");

    public static readonly DiagnosticDefinition UnknownKind = Error(
        "RPS2103", "An unknown kind of type",
        "The blob has a type of a kind that this module does not know, so the types after it cannot be found.",
        "The blob is newer than this module, or damaged. Compile with an older compiler, or use a newer module.");

    public static readonly DiagnosticDefinition BrokenReference = Error(
        "RPS2104", "A reference to a type or name that is not there",
        "A type refers to another by a number, or to a name by an offset, that the blob does not have.",
        "The blob is damaged. Compile the object again.");

    public static readonly DiagnosticDefinition BadExtension = Error(
        "RPS2110", "Function and line information is malformed",
        "The .BTF.ext section is cut off, or its records are not in order. The kernel needs it for programs that have functions of their own.",
        "The object is damaged. Compile it again with -g.");

    public static readonly DiagnosticDefinition NeedsKernelTypes = Error(
        "RPS2120", "The program is to be fitted to a kernel",
        "The object has CO-RE relocations: instructions whose offsets or constants depend on the types of the kernel that runs the program. Without that kernel's types they cannot be filled in.",
        "Give the kernel's types: /sys/kernel/btf/vmlinux of the machine that the program is for.");

    public static readonly DiagnosticDefinition BadRelocation = Error(
        "RPS2121", "A CO-RE relocation is malformed",
        "The record names a type, an access path or an instruction that does not fit.",
        "The object is damaged, or was made by an unusual compiler. Compile it again with clang.");

    public static readonly DiagnosticDefinition AmbiguousRelocation = Error(
        "RPS2122", "A CO-RE relocation is ambiguous",
        "The kernel has several types of that name, and they give different results.",
        "Give the type in the program a shape that only one of them has.");

    public static readonly DiagnosticDefinition UnresolvedRelocation = Warning(
        "RPS2123", "A field or type that the kernel lacks",
        "The kernel's types have no such field, value or type, or the field has another size there and a load of that size would give another value. The instruction is replaced by a call of the helper 195896080, which does not exist: a program that can reach it is refused by the verifier, one that asks first (bpf_core_field_exists) is not.",
        "Guard the access with bpf_core_field_exists, or correct the name.");
#pragma warning restore CS1591

    /// <summary>All of them, by code.</summary>
    public static ImmutableArray<DiagnosticDefinition> All { get; } =
    [
        NotBtf, Truncated, UnknownKind, BrokenReference, BadExtension, NeedsKernelTypes, BadRelocation, AmbiguousRelocation, UnresolvedRelocation,
    ];

    private static DiagnosticDefinition Error(string code, string title, string explanation, string remedy) =>
        new(code, DiagnosticSeverity.Error, title, explanation, remedy);

    private static DiagnosticDefinition Warning(string code, string title, string explanation, string remedy) =>
        new(code, DiagnosticSeverity.Warning, title, explanation, remedy);
}
