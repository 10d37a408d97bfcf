namespace ReuseportPS.Engine.Backends.Groups;

/// <summary>What a change of slots did.</summary>
/// <param name="Plan">The change.</param>
/// <param name="EpochBefore">The epoch in force before.</param>
/// <param name="EpochAfter">The epoch in force now; the same when no data had to be written, as for loads.</param>
public sealed record SlotOutcome(SlotPlan Plan, uint EpochBefore, uint EpochAfter);
