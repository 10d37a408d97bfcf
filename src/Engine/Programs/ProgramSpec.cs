using System.Collections.Frozen;
using System.Collections.Immutable;
using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Maps;

namespace ReuseportPS.Engine.Programs;

/// <summary>
/// A program as plain data. An lddw with source 1 (BPF_PSEUDO_MAP_FD) or 2 (BPF_PSEUDO_MAP_VALUE) has in its immediate the
/// index of the map in <see cref="Maps"/>; a backend puts the live map in its place when it loads the program.
/// </summary>
/// <param name="Name">Name, at most 15 characters of [A-Za-z0-9_.].</param>
/// <param name="Type">Program type.</param>
/// <param name="ExpectedAttachType">Expected attach type.</param>
/// <param name="Instructions">The code.</param>
/// <param name="Maps">The maps that the code refers to by index.</param>
/// <param name="License">Licence string as the kernel takes it.</param>
public sealed record ProgramSpec(
    string Name,
    ProgramType Type,
    AttachType ExpectedAttachType,
    ImmutableArray<Instruction> Instructions,
    ImmutableArray<MapSpec> Maps,
    string License = "MIT")
{
    /// <summary>Types, functions and source lines; null when they are not known. The kernel needs them for global functions.</summary>
    public ProgramBtf? Btf { get; init; }

    /// <summary>
    /// Names of the kernel functions (kfuncs) that the code calls. A call with source 2 (BPF_PSEUDO_KFUNC_CALL) has in its immediate the index of the
    /// name here; a backend that loads into a kernel puts that kernel's BTF id in its place.
    /// </summary>
    public ImmutableArray<string> KernelFunctions { get; init; } = [];

    /// <summary>What stretches of the code are for, by the slot where they begin; for people who read it.</summary>
    public IReadOnlyDictionary<int, string> Comments { get; init; } = FrozenDictionary<int, string>.Empty;

    /// <summary>Length in slots of 8 bytes, as the kernel counts instructions.</summary>
    public int InstructionSlots => Instructions.Sum(instruction => instruction.SlotCount);
}
