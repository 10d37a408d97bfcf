namespace ReuseportPS.Engine.Elf;

/// <summary>A relocation without addend.</summary>
/// <param name="Offset">The place, in bytes from the beginning of the section.</param>
/// <param name="Symbol">Number of the symbol.</param>
/// <param name="Type">R_BPF_64_64 1, R_BPF_64_32 10.</param>
internal readonly record struct ElfRelocation(long Offset, int Symbol, uint Type)
{
    /// <summary>Of an lddw: a map, a variable, a function's address.</summary>
    internal const uint Wide = 1;

    /// <summary>Of a call.</summary>
    internal const uint Call = 10;
}
