using ReuseportPS.Engine.Classic;

namespace ReuseportPS.Model;

/// <summary>A classic BPF program that was read. It chooses a member by its index in the kernel's array.</summary>
/// <param name="Name">Name of its file.</param>
/// <param name="Source">The file.</param>
/// <param name="Program">The program.</param>
public sealed record ClassicSteeringProgram(string Name, string? Source, ClassicProgram Program)
{
    /// <summary>Instructions of 8 bytes.</summary>
    public int InstructionCount => Program.Instructions.Length;

    /// <inheritdoc/>
    public override string ToString() => Name;
}
