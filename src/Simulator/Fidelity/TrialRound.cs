using System.Collections.Immutable;
using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Simulator.Fidelity;

/// <summary>Some groups side by side, what chooses in them, and what happens to them.</summary>
/// <param name="Selection">What chooses.</param>
/// <param name="Policy">The policy that every group has, or null.</param>
/// <param name="Loads">By slot a load, and whether it was told just now; otherwise long ago.</param>
/// <param name="Groups">The groups, in the order in which they are opened.</param>
/// <param name="Steps">What happens, in order.</param>
internal sealed record TrialRound(TrialSelection Selection, SteeringPolicy? Policy, ImmutableArray<(uint Load, bool IsFresh)> Loads, ImmutableArray<TrialGroup> Groups, ImmutableArray<TrialStep> Steps)
{
    public int SlotCount => Groups.Max(group => group.IncomingCpus.Length);
}
