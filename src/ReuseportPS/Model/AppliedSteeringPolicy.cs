using System.Collections.Immutable;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Model;

/// <summary>The policy that a group has, or the program in its place.</summary>
/// <param name="Group">Name of the group.</param>
/// <param name="Backend">Where the group lives.</param>
/// <param name="Policy">The policy; pipes into Measure- and Set-SteeringPolicy. Null when the group has a program in its place.</param>
/// <param name="Program">The program, its name and where it is from; null when the group has a policy.</param>
/// <param name="InstructionCount">Instructions of the program, in 8-byte slots.</param>
/// <param name="ProgramId">Ids of the programs attached, one per kernel group; none for a classic program.</param>
public sealed record AppliedSteeringPolicy(
    string Group, BackendKind Backend, SteeringPolicy? Policy, AppliedProgram? Program, int InstructionCount, ImmutableArray<uint> ProgramId)
{
    /// <summary>What the group has: Policy, Program, Classic, or None when it has returned to the kernel's choice.</summary>
    public string Kind => Policy is not null ? "Policy" : Program is null ? "None" : Program.IsClassic ? "Classic" : "Program";

    /// <summary>Active; Pending while it waits to be confirmed; RolledBack when it is what the group has returned to because nobody confirmed the next one in time.</summary>
    public PolicyState State { get; init; }

    /// <summary>How long it waits to be confirmed; null when it does not.</summary>
    public TimeSpan? TimeLeft { get; init; }

    /// <summary>While it is Pending, what the group returns to; when RolledBack, what it has returned from; else null.</summary>
    public string? Alternative { get; init; }

    /// <summary>Its number in the history of the group; null for a program.</summary>
    public int? Version { get; init; }

    /// <summary>When it was applied; null where that was not kept.</summary>
    public DateTimeOffset? Since { get; init; }
}
