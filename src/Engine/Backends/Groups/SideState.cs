namespace ReuseportPS.Engine.Backends.Groups;

/// <summary>One policy in <see cref="GroupState"/>, or a program in its place, or nothing: what can decide for the group.</summary>
internal sealed record SideState
{
    /// <summary>Number in the names of its pins.</summary>
    public required int Generation { get; init; }

    /// <summary>Whether it has a program in each kernel group.</summary>
    public bool HasPrograms { get; init; }

    /// <summary>Policy as text, or null.</summary>
    public string? Policy { get; init; }

    /// <summary>Number of the policy among those applied to the group; 0 where that was not kept.</summary>
    public int Version { get; init; }

    /// <summary>When the policy was applied.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Fingerprint of the compiled program.</summary>
    public string? Fingerprint { get; init; }

    /// <summary>The program in the place of a policy, or null.</summary>
    public AppliedProgram? Program { get; init; }

    /// <summary>Epoch of the policy's data.</summary>
    public uint Epoch { get; init; }
}
