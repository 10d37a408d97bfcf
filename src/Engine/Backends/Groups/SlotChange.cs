using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Engine.Backends.Groups;

/// <summary>What is to be different about some slots of a group. What is null stays.</summary>
/// <param name="Slots">The slots: numbers, ranges, names that the group's policy gives.</param>
public sealed record SlotChange(EquatableArray<SlotItem> Slots)
{
    /// <summary>The weight of each, 0 to <see cref="SlotWeight.Highest"/>.</summary>
    public int? Weight { get; init; }

    /// <summary>The rule whose weights are meant, or <see cref="SteeringPolicy.OtherwiseName"/>; null for all that have one for the slot.</summary>
    public string? Rule { get; init; }

    /// <summary>The state of each.</summary>
    public SlotState? State { get; init; }

    /// <summary>The load of each, with the present time.</summary>
    public uint? Load { get; init; }
}
