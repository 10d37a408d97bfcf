using System.Collections.Immutable;

namespace ReuseportPS.Engine.Backends.Groups;

/// <summary>What a change of slots does, or would do.</summary>
/// <param name="Slots">The slots that were named, ascending.</param>
/// <param name="Policy">The group's policy with the change, compiled: what Set-SteeringPolicy would take.</param>
/// <param name="Deltas">What is different, by slot; none when everything is as it should be already.</param>
/// <param name="Notes">What the user should know about it.</param>
public sealed record SlotPlan(ImmutableArray<int> Slots, PolicyPlan Policy, ImmutableArray<SlotDelta> Deltas, ImmutableArray<string> Notes);
