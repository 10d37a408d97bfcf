using System.Collections.Immutable;
using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Engine.Backends.Groups;

/// <summary>What applying a policy to a group would do.</summary>
/// <param name="Policy">The policy.</param>
/// <param name="Compiled">The policy compiled for the group's slots and their states.</param>
/// <param name="Change">Nothing, data or program.</param>
/// <param name="Steps">The steps in words, in order.</param>
public sealed record PolicyPlan(
    SteeringPolicy Policy, CompiledPolicy Compiled, PolicyChange Change, ImmutableArray<string> Steps)
{
    /// <summary>What becomes of the flow tables that the group has, when the program is another; none otherwise, for then they stay.</summary>
    public ImmutableArray<FlowTable> FlowTables { get; init; } = [];

    /// <summary>The states of the slots that go with it.</summary>
    public required SlotStates States { get; init; }
}
