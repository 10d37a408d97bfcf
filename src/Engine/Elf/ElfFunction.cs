namespace ReuseportPS.Engine.Elf;

/// <summary>A function: a program, or something that programs call.</summary>
/// <param name="name">Its symbol.</param>
/// <param name="section">Number of its section.</param>
/// <param name="start">First instruction, in slots from the beginning of the section.</param>
/// <param name="length">Slots.</param>
/// <param name="isStatic">Whether it is static in C.</param>
internal sealed class ElfFunction(string name, int section, int start, int length, bool isStatic)
{
    internal string Name => name;

    internal int Section => section;

    internal int Start => start;

    internal int Length => length;

    internal bool IsStatic => isStatic;

    /// <summary>The slot after the last.</summary>
    internal int End => Start + Length;

    /// <summary>Its instructions in little-endian form, fitted to the kernel; null until they are needed.</summary>
    internal byte[]? Code { get; set; }

    /// <summary>What its instructions refer to, in their order.</summary>
    internal List<ElfReference> References { get; } = [];
}
