using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Engine.Policies;

/// <summary>
/// Rules that follow each other, each of which wants another value of the same field: at most one of them can match, so that the value is searched for and not
/// compared with each in turn.
/// </summary>
/// <param name="First">Position of the first rule.</param>
/// <param name="Field">The field.</param>
/// <param name="Values">What each rule wants there, as it lies in the packet and is read from there.</param>
/// <param name="Mask">The bits of the field that count.</param>
internal sealed record RuleRun(int First, RuleField Field, IReadOnlyList<uint> Values, uint Mask)
{
    // With fewer, what is saved is less than what the search itself takes.
    private const int Least = 4;

    public int Count => Values.Count;

    /// <summary>The longest run that begins with a rule; null when none is worth it.</summary>
    public static RuleRun? At(SteeringPolicy policy, int first) =>
        Enum.GetValues<RuleField>().Select(field => Find(policy, first, field)).Where(run => run.Count >= Least).MaxBy(run => run.Count);

    /// <summary>What else a rule of the run wants.</summary>
    public PolicyMatch RestOf(PolicyMatch match) => Field switch
    {
        RuleField.Source => match with { Source = AddressMatch.Any },
        RuleField.Destination => match with { Destination = AddressMatch.Any },
        RuleField.SourcePort => match with { SourcePorts = [] },
        _ => match with { DestinationPorts = [] },
    };

    /// <summary>What all its rules want beside their value, when that is the same for all and does not depend on their names; else null.</summary>
    public PolicyMatch? Common(SteeringPolicy policy)
    {
        PolicyMatch rest = RestOf(policy.Rules[First].When);
        return rest.All().All(match => match.Fraction is null) && Enumerable.Range(First, Count).All(i => RestOf(policy.Rules[i].When) == rest) ? rest : null;
    }

    private static RuleRun Find(SteeringPolicy policy, int first, RuleField field)
    {
        List<uint> values = [];
        HashSet<uint> seen = [];
        uint mask = 0;
        for (int i = first; i < policy.Rules.Count && ValueOf(policy.Rules[i].When, field) is (uint value, uint bits) && (i == first || bits == mask) && seen.Add(value); i++)
        {
            mask = bits;
            values.Add(value);
        }

        return new RuleRun(first, field, values, mask);
    }

    private static (uint Value, uint Mask)? ValueOf(PolicyMatch match, RuleField field) => field switch
    {
        // A rule that takes no packet at all has no code, and is no part of a run.
        _ when !MatchCode.TryConfine(match, null, out _) => null,
        RuleField.Source => OfAddress(match.Source),
        RuleField.Destination => OfAddress(match.Destination),
        RuleField.SourcePort => OfPort(match.SourcePorts),
        _ => OfPort(match.DestinationPorts),
    };

    private static (uint, uint)? OfAddress(AddressMatch match) =>
        match.Lists.Count == 0 && match.Prefixes is [{ Family: IpFamily.V4, Length: > 0 } prefix] ? (PolicyCode.Swap((uint)prefix.Address), PolicyCode.Swap((uint)prefix.Mask)) : null;

    private static (uint, uint)? OfPort(EquatableArray<PortRange> ranges) =>
        ranges is [{ } range] && range.First == range.Last ? (PolicyCode.Swap(range.First) >> 16, ushort.MaxValue) : null;
}
