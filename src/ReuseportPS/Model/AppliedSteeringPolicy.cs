using System.Collections.Immutable;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Model;

/// <summary>The policy that a group has.</summary>
/// <param name="Group">Name of the group.</param>
/// <param name="Backend">Where the group lives.</param>
/// <param name="Policy">The policy; pipes into Measure- and Set-SteeringPolicy.</param>
/// <param name="InstructionCount">Instructions of its program, in 8-byte slots.</param>
/// <param name="ProgramId">Ids of the programs attached, one per kernel group.</param>
public sealed record AppliedSteeringPolicy(
    string Group, BackendKind Backend, SteeringPolicy Policy, int InstructionCount, ImmutableArray<uint> ProgramId);
