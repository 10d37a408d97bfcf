using System.Collections.Immutable;
using ReuseportPS.Engine.Execution;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Simulator.Preview;

/// <summary>Says which rule takes a flow, by the plain meaning of the rules: the program's own counters count packets, and shares are meant of flows.</summary>
internal sealed class RuleFinder
{
    /// <summary>Shares of more slots take longer to work out than they are worth.</summary>
    private const int MostSlots = 4096;

    private readonly SteeringPolicy _policy;
    private readonly SlotStates _states;
    private readonly int _slotCount;
    private readonly RuleMatcher _matcher;
    private readonly ExecutionEnvironment _environment;

    /// <summary>A finder for a policy and the group that it decides for.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="group">The group.</param>
    /// <param name="environment">Where the packet that is asked about was just decided.</param>
    public RuleFinder(SteeringPolicy policy, PreviewGroup group, ExecutionEnvironment environment)
    {
        _policy = policy;
        _states = group.States;
        _slotCount = group.SlotCount;
        _matcher = new RuleMatcher(policy);
        _environment = environment;
    }

    /// <summary>Rules, and what is done otherwise.</summary>
    public int Count => _policy.Rules.Count + 1;

    /// <summary>The rule that takes a flow, by its first packet: its position, that after the last for what is done otherwise, -1 when it is neither.</summary>
    public int Find(in Packet packet) => _matcher.Find(packet, _environment) ?? -1;

    /// <summary>The measurements of the rules, by the flows that each took.</summary>
    public ImmutableArray<RuleMeasurement> ToMeasurements(IReadOnlyList<long> flows) =>
    [
        .. _policy.Rules.Items.Select((rule, index) => Measure(_policy.RuleName(index), flows[index], rule.Action)),
        Measure(nameof(CounterKind.Otherwise), flows[^1], _policy.Otherwise),
    ];

    private RuleMeasurement Measure(string name, long flows, PolicyAction action)
    {
        if (action is RejectAction or SteerAction { By: KernelBalancer })
        {
            return new RuleMeasurement(name, flows, [], IsKnown: true);
        }

        SteeringPolicy alone = _policy with { Rules = [], Otherwise = action };
        double?[] shares = _slotCount > MostSlots
            ? [null]
            : [.. Enumerable.Range(0, _slotCount).Select(slot => IntendedShare.Of(alone, slot, _slotCount, _states))];
        return shares.Contains(null) ? new RuleMeasurement(name, flows, [], IsKnown: false) : new RuleMeasurement(name, flows, [.. shares.Select(share => share!.Value)], IsKnown: true);
    }
}
