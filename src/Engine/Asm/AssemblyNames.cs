using System.Collections.Frozen;
using System.Collections.Immutable;

namespace ReuseportPS.Engine.Asm;

/// <summary>What numbers in instructions are called.</summary>
public sealed record AssemblyNames
{
    /// <summary>No names: numbers only.</summary>
    public static AssemblyNames None { get; } = new();

    /// <summary>Names of the program's maps, by index. A name that is empty, a number or there twice cannot be written; the index is, then.</summary>
    public ImmutableArray<string> Maps { get; init; } = [];

    /// <summary>Names of helpers without <c>bpf_</c>, by number.</summary>
    public IReadOnlyDictionary<int, string> Helpers { get; init; } = FrozenDictionary<int, string>.Empty;

    /// <summary>Names of the kernel functions that the program calls, by the index that a call has.</summary>
    public ImmutableArray<string> KernelFunctions { get; init; } = [];

    /// <summary>Names of places, by slot; for the disassembler, which makes up those that are missing. An assembler takes them from the text.</summary>
    public IReadOnlyDictionary<int, string> Labels { get; init; } = FrozenDictionary<int, string>.Empty;

    /// <summary>Index of the only map of a name, or null.</summary>
    internal int? MapIndex(string name)
    {
        int index = Maps.IndexOf(name);
        return index >= 0 && Maps.LastIndexOf(name) == index ? index : null;
    }
}
