using System.Collections.Immutable;
using ReuseportPS.Engine.Btf;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Programs;

namespace ReuseportPS.Engine.Elf;

/// <summary>
/// What is in a BPF object file, as plain data: programs, each linked with the functions that it calls, and maps. The rules are libbpf's (1.0 and later),
/// so that the same object gives the same code and the same maps as there.
/// </summary>
/// <param name="Name">Name of the file.</param>
/// <param name="ByteOrder">Byte order of the file; null when it could not be read.</param>
/// <param name="License">The section <c>license</c>; empty when there is none.</param>
/// <param name="KernelVersion">The section <c>version</c>; 0 when there is none. Kernels since 5.0 do not ask for it.</param>
/// <param name="Programs">The programs, in the order of sections and places. Empty when there are errors.</param>
/// <param name="Maps">All maps: definitions first, then the sections of variables. Empty when there are errors.</param>
/// <param name="Slots">What PROG_ARRAYs and maps of maps hold at the start, by indices of <paramref name="Programs"/> and <paramref name="Maps"/>.</param>
/// <param name="Diagnostics">What was found: RPS20xx and RPS21xx, and RPS10xx for malformed code.</param>
public sealed record ElfObject(
    string Name,
    ElfByteOrder? ByteOrder,
    string License,
    uint KernelVersion,
    ImmutableArray<ElfProgram> Programs,
    ImmutableArray<ElfMap> Maps,
    ImmutableArray<MapSlot> Slots,
    ImmutableArray<Diagnostic> Diagnostics)
{
    /// <summary>The types, as the kernel is given them; null when the file has none.</summary>
    public BtfTypes? Types { get; init; }

    /// <summary>Whether there is no error.</summary>
    public bool Succeeded => Diagnostics.All(static diagnostic => diagnostic.Severity != DiagnosticSeverity.Error);

    /// <summary>Programs and maps as a backend loads them.</summary>
    public ProgramCollection Collection =>
        new([.. Programs.Select(static program => program.Spec)], [.. Maps.Select(static map => map.Spec)], Slots);

    /// <summary>Reads an object file. Every input gives an object or errors; nothing is thrown.</summary>
    /// <param name="bytes">The file; parts of it are kept and not copied.</param>
    /// <param name="name">Its name; the maps of variables are named after it.</param>
    /// <param name="options">What it is read for; null for no kernel in particular.</param>
    public static ElfObject Read(ReadOnlyMemory<byte> bytes, string name, ElfOptions? options = null) => new ObjectReader(bytes, name, options ?? new ElfOptions()).Read();
}
