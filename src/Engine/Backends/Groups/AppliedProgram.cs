using System.Text.Json.Serialization;

namespace ReuseportPS.Engine.Backends.Groups;

/// <summary>A program that a group has in the place of a policy, as its pins keep it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Source">Where it is from: a file; null for a text.</param>
/// <param name="InstructionCount">Instructions, in 8-byte slots.</param>
/// <param name="SeatMap">Name of the map that the seats took the place of; null when it has none.</param>
/// <param name="Classic">The instructions of a classic program as tcpdump -ddd writes them, for they cannot be read back from the kernel; null when it is none.</param>
public sealed record AppliedProgram(string Name, string? Source, int InstructionCount, string? SeatMap, string? Classic = null)
{
    /// <summary>Whether it is a classic program, which returns the index of a member.</summary>
    [JsonIgnore]
    public bool IsClassic => Classic is not null;

    /// <summary>Whether it was found attached without its pins, and taken up again. What policy it is of is not known any more, nor how long it was.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool IsRecovered { get; init; }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
