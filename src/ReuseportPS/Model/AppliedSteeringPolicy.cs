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
    /// <summary>What the group has: Policy, Program or Classic.</summary>
    public string Kind => Policy is not null ? "Policy" : Program is { IsClassic: true } ? "Classic" : "Program";
}
