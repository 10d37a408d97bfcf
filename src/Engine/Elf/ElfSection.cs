namespace ReuseportPS.Engine.Elf;

/// <summary>A section header.</summary>
/// <param name="Index">Number of the section.</param>
/// <param name="Name">Name.</param>
/// <param name="Type">sh_type.</param>
/// <param name="Flags">sh_flags.</param>
/// <param name="Offset">Where its bytes are in the file.</param>
/// <param name="Size">Size in bytes; of a NOBITS section, in memory.</param>
/// <param name="Link">sh_link.</param>
/// <param name="Target">sh_info: of relocations, the section they are for.</param>
internal readonly record struct ElfSection(int Index, string Name, uint Type, ulong Flags, int Offset, long Size, uint Link, uint Target)
{
    internal const uint ProgramBits = 1;
    internal const uint SymbolTable = 2;
    internal const uint RelocationsWithAddend = 4;
    internal const uint NoBits = 8;
    internal const uint Relocations = 9;
    private const ulong Executable = 4;

    /// <summary>Whether it holds code.</summary>
    internal bool IsCode => Type == ProgramBits && (Flags & Executable) != 0 && Size > 0;
}
