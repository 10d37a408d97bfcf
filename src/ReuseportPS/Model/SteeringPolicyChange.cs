using System.Collections.Immutable;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Model;

/// <summary>What Set-SteeringPolicy did.</summary>
/// <param name="Group">Name of the group.</param>
/// <param name="Backend">Where the group lives.</param>
/// <param name="Policy">Name of the policy.</param>
/// <param name="Change">Nothing, data or program.</param>
/// <param name="InstructionCount">Instructions of the program, in 8-byte slots.</param>
public sealed record SteeringPolicyChange(string Group, BackendKind Backend, string Policy, PolicyChange Change, int InstructionCount)
{
    /// <summary>What became of the flow tables of the policy before, when the program is another; none when they stay as they are.</summary>
    public ImmutableArray<FlowTable> FlowTable { get; init; } = [];
}
