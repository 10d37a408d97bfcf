namespace ReuseportPS.Engine.Policies;

/// <summary>The addresses that a match takes: any of the prefixes or of the named lists. Neither given: every address.</summary>
/// <param name="Prefixes">Prefixes written in the rule.</param>
/// <param name="Lists">Names of lists.</param>
public sealed record AddressMatch(EquatableArray<AddressPrefix> Prefixes, EquatableArray<string> Lists)
{
    /// <summary>Every address.</summary>
    public static AddressMatch Any { get; } = new([], []);

    /// <summary>Whether it takes every address.</summary>
    public bool IsAny => Prefixes.Count == 0 && Lists.Count == 0;

    /// <summary>The prefixes and lists as they are written in a policy.</summary>
    public override string ToString() => string.Join(", ", Prefixes.Items.Select(p => p.ToString()).Concat(Lists));
}
