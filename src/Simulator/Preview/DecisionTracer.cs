using System.Collections.Immutable;
using System.Reflection;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Execution;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Simulator.Preview;

/// <summary>Decides single packets by a policy, and says why: the bytecode decides, the plain evaluator explains, and both must agree.</summary>
public sealed class DecisionTracer : IDisposable
{
    private static readonly PropertyInfo[] s_conditions =
        [.. typeof(PolicyMatch).GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanWrite)];

    private readonly SteeringPolicy _policy;
    private readonly PreviewGroup _group;
    private readonly SimulatedSteering _steering;
    private readonly PolicyEvaluator _evaluator;
    private readonly bool[] _selectable;
    private readonly bool _drawsNumbers;
    private bool _hasBegun;

    /// <summary>A tracer for a policy and the group that it decides for.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="compiled">The same, compiled for the group's slots.</param>
    /// <param name="group">The group.</param>
    /// <param name="tracedSteps">Steps of each run to be recorded; 0 records nothing.</param>
    /// <param name="host">The host; null for one CPU.</param>
    public DecisionTracer(SteeringPolicy policy, CompiledPolicy compiled, PreviewGroup group, int tracedSteps = 0, SimulatorOptions? host = null)
    {
        _policy = policy;
        _group = group;
        _selectable = [.. group.Occupied];
        _evaluator = new PolicyEvaluator(policy, group.SlotCount, group.States);
        _drawsNumbers = policy.AllActions().Any(action => action is SteerAction { By: RandomBalancer or LeastLoadedBalancer });
        _steering = new SimulatedSteering(compiled, group, host ?? new SimulatorOptions { CpuCount = 1 }) { TracedSteps = tracedSteps };
    }

    /// <summary>Decides a packet.</summary>
    /// <exception cref="InvalidOperationException">Bytecode and evaluator disagree: a bug of this project.</exception>
    public TracedDecision Decide(in Packet packet)
    {
        ulong now = (ulong)packet.Timestamp;
        if (!_hasBegun)
        {
            Remember(now);
        }

        SteeringOutcome outcome = _steering.Decide(packet);
        PolicyDecision decision = _evaluator.Decide(packet, _selectable, new ExecutionEnvironment { MonotonicTime = now });
        if ((outcome.Verdict, outcome.Slot) != (decision.Verdict, decision.Slot))
        {
            // Only the program draws from the host's random numbers: the rule is the evaluator's to tell, the slot the program's.
            if (_drawsNumbers)
            {
                decision = decision with { Verdict = outcome.Verdict, Slot = outcome.Slot };
            }
            else
            {
                throw new InvalidOperationException($"The program of the policy and its plain evaluator disagree at {packet.Flow}: {outcome} and {decision}.");
            }
        }

        (Engine.Execution.Tracing.ExecutionTrace? trace, ImmutableArray<Selection> selections, _) = _steering.LastRun;
        return new TracedDecision(decision, [.. ValuesOf(packet, decision)], selections, outcome.Instructions, trace);
    }

    /// <inheritdoc/>
    public void Dispose() => _steering.Dispose();

    private void Remember(ulong now)
    {
        _hasBegun = true;
        foreach (RememberedFlow flow in _group.Memory.Flows.Where(flow => flow.Slot < _group.SlotCount))
        {
            _evaluator.Know(flow.Table, flow.Flow, flow.Slot, flow.Generation, unchecked(now - flow.Age));
        }

        foreach (RememberedLoad load in _group.Memory.Loads.Where(load => load.Slot < _group.SlotCount))
        {
            _evaluator.Loads[load.Slot] = load.At(now);
        }
    }

    private IEnumerable<RuleValue> ValuesOf(Packet packet, PolicyDecision decision)
    {
        int rules = decision.Basis switch
        {
            CounterKind.Rule => decision.Rule + 1,
            CounterKind.Otherwise => _policy.Rules.Count,
            _ => 0,
        };
        for (int rule = 0; rule < rules; rule++)
        {
            PolicyMatch match = _policy.Rules[rule].When;
            foreach (PropertyInfo condition in s_conditions)
            {
                object? wanted = condition.GetValue(match);
                if (!Equals(wanted, condition.GetValue(PolicyMatch.Everything)))
                {
                    yield return new RuleValue(_policy.RuleName(rule), NameOf(condition), Describe(wanted), SeenBy(condition, packet), Holds(condition, wanted, packet));
                }
            }
        }
    }

    /// <summary>Asks the evaluator about one condition alone.</summary>
    private bool Holds(PropertyInfo condition, object? wanted, in Packet packet)
    {
        PolicyMatch alone = PolicyMatch.Everything with { };
        condition.SetValue(alone, wanted);
        SteeringPolicy policy = _policy with { Rules = [new PolicyRule(null, alone, new RejectAction())], Otherwise = new SteerAction(new KernelBalancer()) };
        return new PolicyEvaluator(policy, _group.SlotCount, _group.States).Decide(packet, _selectable).Basis == CounterKind.Rule;
    }

    // The keys of the language are the singular forms of the properties, with a hyphen between words.
    private static string NameOf(PropertyInfo condition)
    {
        string words = string.Concat(condition.Name.Select((letter, index) => char.IsUpper(letter) && index > 0 ? $"-{char.ToLowerInvariant(letter)}" : $"{char.ToLowerInvariant(letter)}"));
        return words.EndsWith("ports", StringComparison.Ordinal) ? words[..^1] : words;
    }

    private static string Describe(object? wanted) => wanted is System.Collections.IEnumerable many and not string
        ? string.Join(", ", many.Cast<object>())
        : wanted?.ToString() ?? "";

    private static string SeenBy(PropertyInfo condition, in Packet packet) => condition.Name switch
    {
        nameof(PolicyMatch.Source) => packet.Flow.SourceEndPoint.Address.ToString(),
        nameof(PolicyMatch.Destination) => packet.Flow.DestinationEndPoint.Address.ToString(),
        nameof(PolicyMatch.SourcePorts) => packet.Flow.SourcePort.ToString(System.Globalization.CultureInfo.InvariantCulture),
        nameof(PolicyMatch.DestinationPorts) => packet.Flow.DestinationPort.ToString(System.Globalization.CultureInfo.InvariantCulture),
        nameof(PolicyMatch.Family) => packet.Flow.Family.ToString(),
        nameof(PolicyMatch.Protocol) => packet.Flow.Protocol.ToString(),
        _ => "",
    };
}
