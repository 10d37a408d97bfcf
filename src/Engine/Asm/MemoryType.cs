using System.Collections.Immutable;
using ReuseportPS.Engine.Isa;

namespace ReuseportPS.Engine.Asm;

/// <summary>What a load or store names between its parentheses: <c>u32</c>.</summary>
/// <param name="Name">The word.</param>
/// <param name="Size">Size in memory.</param>
/// <param name="Bits">The same in bits.</param>
/// <param name="IsSigned">Whether a load extends by the sign.</param>
internal readonly record struct MemoryType(string Name, MemorySize Size, int Bits, bool IsSigned)
{
    private static readonly ImmutableArray<MemoryType> s_all =
    [
        new("u8", MemorySize.Byte, 8, false), new("u16", MemorySize.HalfWord, 16, false), new("u32", MemorySize.Word, 32, false), new("u64", MemorySize.DoubleWord, 64, false),
        new("s8", MemorySize.Byte, 8, true), new("s16", MemorySize.HalfWord, 16, true), new("s32", MemorySize.Word, 32, true),
    ];

    public static MemoryType U32 => s_all[2];

    public static MemoryType U64 => s_all[3];

    public static MemoryType? Find(string name)
    {
        foreach (MemoryType type in s_all)
        {
            if (type.Name == name)
            {
                return type;
            }
        }

        return null;
    }
}
