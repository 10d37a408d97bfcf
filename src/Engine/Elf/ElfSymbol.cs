namespace ReuseportPS.Engine.Elf;

/// <summary>A symbol.</summary>
/// <param name="NameOffset">Where its name is in the string table.</param>
/// <param name="Info">Binding in the upper four bits, type in the lower.</param>
/// <param name="Visibility">STV_DEFAULT 0, INTERNAL 1, HIDDEN 2, PROTECTED 3.</param>
/// <param name="Section">Number of its section, or 0 for an undefined symbol, or a reserved number.</param>
/// <param name="Value">Offset in its section.</param>
/// <param name="Size">Size in bytes.</param>
internal readonly record struct ElfSymbol(uint NameOffset, byte Info, byte Visibility, ushort Section, ulong Value, ulong Size)
{
    private const int FirstReservedSection = 0xff00;

    internal bool IsLocal => Info >> 4 == 0;

    internal bool IsWeak => Info >> 4 == 2;

    internal bool IsFunction => (Info & 15) == 2;

    internal bool IsSection => (Info & 15) == 3;

    /// <summary>Declared and not defined here.</summary>
    internal bool IsExtern => Section == 0 && !IsLocal && (Info & 15) == 0;

    /// <summary>Not in a section of this file: absolute, common.</summary>
    internal bool IsReserved => Section is 0 or >= FirstReservedSection;

    /// <summary>Global in C, and yet only for this object: the verifier then checks the function together with its callers.</summary>
    internal bool IsHidden => !IsLocal && Visibility is 1 or 2;
}
