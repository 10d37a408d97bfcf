namespace ReuseportPS.Engine.Policies;

/// <summary>A weight. A name or a range stands for its slots: each of them has the weight.</summary>
/// <param name="Slots">A slot, a range or a name.</param>
/// <param name="Weight">0 to <see cref="Highest"/>; 0 drains.</param>
public readonly record struct SlotWeight(SlotItem Slots, int Weight)
{
    /// <summary>The highest weight.</summary>
    public const int Highest = 1_000_000;
}
