using System.Collections.Immutable;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Simulator.Preview;

/// <summary>Counts which rule takes each flow, by the plain evaluator: the program's own counters count packets, and shares are meant of flows.</summary>
internal sealed class RuleTally
{
    /// <summary>Shares of more slots take longer to work out than they are worth.</summary>
    private const int MostSlots = 4096;

    private readonly SteeringPolicy _policy;
    private readonly SlotStates _states;
    private readonly PolicyEvaluator _evaluator;
    private readonly bool[] _selectable;
    private readonly long[] _flows;

    public RuleTally(SteeringPolicy policy, PreviewGroup group)
    {
        _policy = policy;
        _states = group.States;
        _evaluator = new PolicyEvaluator(policy, group.SlotCount, group.States);
        _selectable = [.. group.Occupied];
        _flows = new long[policy.Rules.Count + 1];
    }

    /// <summary>Counts a flow by its first packet.</summary>
    public void Add(in Packet packet)
    {
        PolicyDecision decision = _evaluator.Decide(packet, _selectable);
        if (decision.Basis == CounterKind.Rule)
        {
            _flows[decision.Rule]++;
        }
        else if (decision.Basis == CounterKind.Otherwise)
        {
            _flows[^1]++;
        }
    }

    public ImmutableArray<RuleMeasurement> ToMeasurements() =>
    [
        .. _policy.Rules.Items.Select((rule, index) => Measure(_policy.RuleName(index), _flows[index], rule.Action)),
        Measure(nameof(CounterKind.Otherwise), _flows[^1], _policy.Otherwise),
    ];

    private RuleMeasurement Measure(string name, long flows, PolicyAction action)
    {
        if (action is RejectAction or SteerAction { By: KernelBalancer })
        {
            return new RuleMeasurement(name, flows, [], IsKnown: true);
        }

        SteeringPolicy alone = _policy with { Rules = [], Otherwise = action };
        double?[] shares = _selectable.Length > MostSlots
            ? [null]
            : [.. Enumerable.Range(0, _selectable.Length).Select(slot => IntendedShare.Of(alone, slot, _selectable.Length, _states))];
        return shares.Contains(null) ? new RuleMeasurement(name, flows, [], IsKnown: false) : new RuleMeasurement(name, flows, [.. shares.Select(share => share!.Value)], IsKnown: true);
    }
}
