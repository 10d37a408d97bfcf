using System.Collections.Immutable;
using ReuseportPS.Engine.Execution;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Engine.Policies;

/// <summary>Which rule of a policy takes a packet, by the plain meaning of its conditions.</summary>
public sealed class RuleMatcher
{
    private readonly SteeringPolicy _policy;
    private readonly ImmutableArray<MatchTest> _rules;

    /// <summary>A matcher of a valid policy.</summary>
    public RuleMatcher(SteeringPolicy policy)
    {
        _policy = policy;
        _rules = [.. policy.Rules.Items.Select((rule, i) => new MatchTest(policy, rule.When, FlowFraction.SeedOf(policy.RuleName(i))))];
    }

    /// <summary>Position of the rule that matches a packet, or of otherwise after the last; null for a protocol that the policy does not cover.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="environment">The CPU that it is processed on, and its node.</param>
    public int? Find(in Packet packet, ExecutionEnvironment environment) => Find(new MatchInput(packet, environment));

    internal int? Find(in MatchInput input)
    {
        if (_policy.Protocol != PolicyProtocol.Any && (_policy.Protocol == PolicyProtocol.Tcp) != (input.Flow.Protocol == TransportProtocol.Tcp))
        {
            return null;
        }

        int rule = 0;
        while (rule < _rules.Length && !_rules[rule].Matches(input))
        {
            rule++;
        }

        return rule;
    }
}
