using System.Collections.Immutable;
using System.Globalization;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Simulator;
using ReuseportPS.Simulator.Preview;

namespace ReuseportPS.Model;

/// <summary>Why a packet goes where a policy sends it.</summary>
public sealed record SteeringDecision
{
    private readonly TracedDecision _traced;

    internal SteeringDecision(SteeringPolicy policy, CompiledPolicy compiled, in Packet packet, TracedDecision traced)
    {
        _traced = traced;
        Policy = policy.Name;
        Index = packet.Index;
        Flow = packet.Flow;
        Rule = traced.Decision.Basis == CounterKind.Rule ? policy.RuleName(traced.Decision.Rule) : null;
        Place = traced.Decision.Basis switch
        {
            CounterKind.Rule => policy.Places.Find(Invariant($"rules[{traced.Decision.Rule}]")),
            CounterKind.Otherwise => policy.Places.Find("otherwise"),
            _ => policy.Places.Find("protocol"),
        };
        Step = traced.Trace is null ? [] : [.. traced.Trace.Steps.Select(step => new SteeringDecisionStep(policy, compiled.Program, step))];
    }

    /// <summary>Name of the policy.</summary>
    public string Policy { get; }

    /// <summary>Position of the packet in its trace, from 0.</summary>
    public long Index { get; }

    /// <summary>The packet's five-tuple.</summary>
    public FlowKey Flow { get; }

    /// <summary>The rule that matched; null when none did.</summary>
    public string? Rule { get; }

    /// <summary>Where what decided stands in the policy's text; null when the policy was not read from one.</summary>
    public SourceLocation? Place { get; }

    /// <summary>The conditions that were looked at, of every rule up to the one that matched, with what they saw.</summary>
    public ImmutableArray<RuleValue> Value => _traced.Values;

    /// <summary>What happens to the packet.</summary>
    public PolicyVerdict Verdict => _traced.Decision.Verdict;

    /// <summary>The slot; null without one.</summary>
    public int? Slot => _traced.Decision.Slot < 0 ? null : _traced.Decision.Slot;

    /// <summary>Every call of bpf_sk_select_reuseport.</summary>
    public ImmutableArray<Selection> Selection => _traced.Selections;

    /// <summary>Instructions executed.</summary>
    public long InstructionCount => _traced.Instructions;

    /// <summary>Every instruction, with -Detailed; empty without.</summary>
    public SteeringDecisionStep[] Step { get; }

    /// <summary>Why, in words.</summary>
    public string Reason
    {
        get
        {
            string basis = _traced.Decision.Basis switch
            {
                CounterKind.Rule => $"rule '{Rule}' matched",
                CounterKind.Otherwise => "no rule matched, so otherwise decided",
                _ => "the policy does not cover the protocol",
            };
            string line = Place?.Line is int number ? Invariant($" (line {number})") : "";
            string misses = string.Concat(Selection.Where(selection => selection.Result != Errno.None)
                .Select(selection => Invariant($", slot {selection.Index} could not be selected ({selection.Result})")));
            string end = Verdict switch
            {
                PolicyVerdict.Slot => Invariant($"slot {Slot}"),
                PolicyVerdict.Kernel => "left to the kernel's own choice",
                _ => "rejected",
            };
            return $"{basis}{line}{misses}: {end}";
        }
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Flow}: {Reason}";

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
