using System.Collections.Immutable;
using System.Globalization;

namespace ReuseportPS.Engine.Scenarios;

/// <summary>Where flows must arrive.</summary>
/// <param name="Anyone">Sockets of which any may get any flow; empty when there are shares.</param>
/// <param name="Shares">What each socket must get; who is not named must get none. Empty when any of several may.</param>
public sealed record ArrivalExpectation(ImmutableArray<string> Anyone, ImmutableArray<Share> Shares)
{
    /// <summary>Flows that the backend refused.</summary>
    public const string Refused = "refused";

    /// <summary>Flows that nobody got and nobody refused.</summary>
    public const string Lost = "lost";

    /// <summary>Compares.</summary>
    /// <param name="counts">Flows by where they arrived.</param>
    public Observation Of(IReadOnlyDictionary<string, int> counts)
    {
        bool passed = Anyone.IsEmpty
            ? Shares.All(share => counts.GetValueOrDefault(share.Name) is int count && count >= share.Least && count <= share.Most)
                && counts.Keys.All(name => Shares.Any(share => share.Name == name))
            : counts.Keys.All(name => Anyone.Contains(name));
        return new Observation(
            Anyone.IsEmpty ? string.Join(", ", Shares) : $"at {string.Join(" or ", Anyone)}",
            string.Join(", ", counts.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => string.Create(CultureInfo.InvariantCulture, $"{pair.Key} {pair.Value}"))), passed);
    }
}
