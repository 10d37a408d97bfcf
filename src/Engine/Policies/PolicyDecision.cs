using System.Globalization;

namespace ReuseportPS.Engine.Policies;

/// <summary>What a policy decides for one packet, and why.</summary>
/// <param name="Basis">What decided: <see cref="CounterKind.Rule"/>, <see cref="CounterKind.Otherwise"/> or <see cref="CounterKind.NotCovered"/>.</param>
/// <param name="Rule">The rule that matched; -1 when none did.</param>
/// <param name="Verdict">What happens.</param>
/// <param name="Slot">The slot; -1 without one.</param>
/// <param name="Misses">Seats that were tried and could not be selected.</param>
public readonly record struct PolicyDecision(CounterKind Basis, int Rule, PolicyVerdict Verdict, int Slot, int Misses)
{
    /// <summary>What else happened on the way.</summary>
    public PolicyEvents Events { get; init; }

    /// <summary>The decision as <c>rule 2 -> slot 5, 1 miss</c>; rules counted from 1.</summary>
    public override string ToString()
    {
        string basis = Basis == CounterKind.Rule ? string.Create(CultureInfo.InvariantCulture, $"rule {Rule + 1}") : Basis.ToString().ToLowerInvariant();
        string verdict = Verdict == PolicyVerdict.Slot ? string.Create(CultureInfo.InvariantCulture, $"slot {Slot}") : Verdict.ToString().ToLowerInvariant();
        string misses = Misses == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", {Misses} {(Misses == 1 ? "miss" : "misses")}");
        return $"{basis} -> {verdict}{misses}";
    }
}
