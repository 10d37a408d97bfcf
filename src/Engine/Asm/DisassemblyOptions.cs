using System.Collections.Frozen;

namespace ReuseportPS.Engine.Asm;

/// <summary>How instructions are written. Every choice reads back to the same instructions. The default is what clang and llvm-objdump up to 18 write.</summary>
public sealed record DisassemblyOptions
{
    /// <summary>The default.</summary>
    public static DisassemblyOptions Default { get; } = new();

    /// <summary>Names of maps, helpers and places.</summary>
    public AssemblyNames Names { get; init; } = AssemblyNames.None;

    /// <summary>Numbers in hexadecimal, as llvm-objdump writes them from 19 on (<c>--print-imm-hex</c>).</summary>
    public bool Hexadecimal { get; init; }

    /// <summary>Values of 32 bits and less in loads and stores as w registers, as llvm-objdump writes them from 19 on (<c>--mattr=+alu32</c>).</summary>
    public bool NarrowRegisters { get; init; }

    /// <summary>Jumps and local calls to labels instead of distances.</summary>
    public bool Labels { get; init; }

    /// <summary>The slot before each instruction.</summary>
    public bool Indices { get; init; }

    /// <summary>Comments on lines of their own before the instruction at a slot; may have several lines.</summary>
    public IReadOnlyDictionary<int, string> Comments { get; init; } = FrozenDictionary<int, string>.Empty;
}
