using System.Collections.Immutable;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Engine.Policies;

/// <summary>What a match means, in plain C#.</summary>
internal sealed class MatchTest
{
    private readonly PolicyMatch _match;
    private readonly uint _seed;
    private readonly ImmutableArray<AddressPrefix> _sources;
    private readonly ImmutableArray<AddressPrefix> _destinations;
    private readonly ImmutableArray<MatchTest> _not;
    private readonly ImmutableArray<MatchTest> _anyOf;

    /// <summary>The test of a match.</summary>
    /// <param name="policy">The policy, whose lists it may use.</param>
    /// <param name="match">The match.</param>
    /// <param name="seed">Seed of the rule's fractions.</param>
    public MatchTest(SteeringPolicy policy, PolicyMatch match, uint seed)
    {
        _match = match;
        _seed = seed;
        _sources = Prefixes(policy, match.Source);
        _destinations = Prefixes(policy, match.Destination);
        _not = [.. match.Not.Items.Select(inner => new MatchTest(policy, inner, seed))];
        _anyOf = [.. match.AnyOf.Items.Select(inner => new MatchTest(policy, inner, seed))];
    }

    public bool Matches(in MatchInput input)
    {
        FlowKey flow = input.Flow;
        return (_match.Family is null || _match.Family == flow.Family) &&
            (_match.Protocol is null || _match.Protocol == flow.Protocol) &&
            Matches(_match.SourcePorts, flow.SourcePort) &&
            Matches(_match.DestinationPorts, flow.DestinationPort) &&
            (_match.Source.IsAny || Matches(_sources, flow.Family, flow.Source)) &&
            (_match.Destination.IsAny || Matches(_destinations, flow.Family, flow.Destination)) &&
            (_match.Migrating is null || _match.Migrating == input.IsMigrating) &&
            MatchesTcpFlags(input) &&
            Matches(_match.Cpus, input.Environment.Cpu) &&
            Matches(_match.NumaNodes, input.Environment.NumaNode) &&
            (_match.Lengths.Count == 0 || (input.IsUdp && Matches(_match.Lengths, input.PayloadLength))) &&
            MatchesBytes(input) &&
            (_match.Fraction is not FlowFraction fraction || fraction.Contains(flow, _seed)) &&
            !Any(_not, input) &&
            (_anyOf.IsEmpty || Any(_anyOf, input));
    }

    private static bool Any(ImmutableArray<MatchTest> tests, in MatchInput input)
    {
        foreach (MatchTest test in tests)
        {
            if (test.Matches(input))
            {
                return true;
            }
        }

        return false;
    }

    private static bool Matches(EquatableArray<PortRange> ranges, ushort port)
    {
        foreach (PortRange range in ranges)
        {
            if (range.Contains(port))
            {
                return true;
            }
        }

        return ranges.Count == 0;
    }

    private static bool Matches(EquatableArray<NumberRange> ranges, int number)
    {
        foreach (NumberRange range in ranges)
        {
            if (range.Contains(number))
            {
                return true;
            }
        }

        return ranges.Count == 0;
    }

    private static bool Matches(ImmutableArray<AddressPrefix> prefixes, IpFamily family, UInt128 address)
    {
        foreach (AddressPrefix prefix in prefixes)
        {
            if (prefix.Contains(family, address))
            {
                return true;
            }
        }

        return false;
    }

    private bool MatchesTcpFlags(in MatchInput input)
    {
        foreach (TcpFlagsTest test in _match.TcpFlags)
        {
            if (!input.IsUdp && !input.IsMigrating && test.Matches(input.TcpFlags))
            {
                return true;
            }
        }

        return _match.TcpFlags.Count == 0;
    }

    private bool MatchesBytes(in MatchInput input)
    {
        Span<byte> buffer = stackalloc byte[ByteString.Longest];
        foreach (BytesTest test in _match.Bytes)
        {
            Span<byte> bytes = buffer[..test.Length];
            if (input.IsUdp && input.TryReadPayload(test.At, bytes) && test.Matches(bytes))
            {
                return true;
            }
        }

        return _match.Bytes.Count == 0;
    }

    private static ImmutableArray<AddressPrefix> Prefixes(SteeringPolicy policy, AddressMatch match) =>
        [.. match.Prefixes, .. match.Lists.Items.SelectMany(name => policy.Lists.Items.First(l => l.Name == name).Prefixes.Items)];
}
