using System.Collections.Immutable;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Model;

/// <summary>What Set-, Restore- or Confirm-SteeringPolicy did.</summary>
/// <param name="Group">Name of the group.</param>
/// <param name="Backend">Where the group lives.</param>
/// <param name="Policy">Name of the policy.</param>
/// <param name="Change">Nothing, data or program.</param>
/// <param name="InstructionCount">Instructions of the program, in 8-byte slots.</param>
public sealed record SteeringPolicyChange(string Group, BackendKind Backend, string Policy, PolicyChange Change, int InstructionCount)
{
    /// <summary>What became of the flow tables of the policy before, when the program is another; none when they stay as they are.</summary>
    public ImmutableArray<FlowTable> FlowTable { get; init; } = [];

    /// <summary>Whether the policy stays, or waits to be confirmed.</summary>
    public PolicyState State { get; init; }

    /// <summary>How long it waits for that; null when it stays.</summary>
    public TimeSpan? TimeLeft { get; init; }
}
