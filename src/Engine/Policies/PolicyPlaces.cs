using System.Collections.Immutable;
using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Policies;

/// <summary>
/// Where each part of a policy stands in the text it was read from, by path: <c>rules[2].steer.weights</c>. Places are no part
/// of a policy's value: all are equal.
/// </summary>
public sealed class PolicyPlaces : IEquatable<PolicyPlaces>
{
    private readonly ImmutableDictionary<string, SourceLocation> _places;

    /// <summary>The places of one text.</summary>
    public PolicyPlaces(IEnumerable<KeyValuePair<string, SourceLocation>> places) =>
        _places = ImmutableDictionary.CreateRange(StringComparer.Ordinal, places);

    /// <summary>A policy that was not read from a text.</summary>
    public static PolicyPlaces None { get; } = new([]);

    /// <summary>The place of a part, or of the nearest part around it that has one; null when there is none.</summary>
    public SourceLocation? Find(string path)
    {
        while (true)
        {
            if (_places.TryGetValue(path, out SourceLocation? place))
            {
                return place;
            }

            if (path.Length == 0)
            {
                return null;
            }

            path = path[..Math.Max(0, path.LastIndexOfAny(['.', '[']))];
        }
    }

    /// <summary>Whether a part has a place of its own.</summary>
    internal bool Has(string path) => _places.ContainsKey(path);

    /// <inheritdoc/>
    public bool Equals(PolicyPlaces? other) => other is not null;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is PolicyPlaces;

    /// <inheritdoc/>
    public override int GetHashCode() => 0;
}
