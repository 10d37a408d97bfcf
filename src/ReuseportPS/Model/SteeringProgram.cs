using ReuseportPS.Engine.Programs;

namespace ReuseportPS.Model;

/// <summary>A program that was read, compiled or written as text. Nothing is loaded.</summary>
/// <param name="Name">Its name; of an object file's program the whole name of its function.</param>
/// <param name="Source">Where it is from: a file, a policy, or null for a text.</param>
/// <param name="Program">The program.</param>
/// <param name="Collection">The programs and maps that it came with, when it refers to others of its file; null otherwise.</param>
public sealed record SteeringProgram(string Name, string? Source, ProgramSpec Program, ProgramCollection? Collection = null)
{
    /// <summary>Program type.</summary>
    public ProgramType Type => Program.Type;

    /// <summary>Expected attach type.</summary>
    public AttachType AttachType => Program.ExpectedAttachType;

    /// <summary>Instructions as the kernel counts them: slots of 8 bytes.</summary>
    public int InstructionCount => Program.InstructionSlots;

    /// <summary>Names of its maps, in the order of their indices.</summary>
    public string[] Map => [.. Program.Maps.Select(map => map.Name)];

    /// <summary>Its licence, as the kernel is told it.</summary>
    public string License => Program.License;

    /// <inheritdoc/>
    public override string ToString() => Name;
}
