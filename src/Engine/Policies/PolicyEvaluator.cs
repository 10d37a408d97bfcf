using System.Collections.Immutable;
using ReuseportPS.Engine.Execution;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Engine.Policies;

/// <summary>
/// The meaning of the language, in plain C#: what a policy decides for a packet. The compiled program must decide the same and
/// count the same; a property test holds it to that.
/// </summary>
public sealed class PolicyEvaluator
{
    private readonly SteeringPolicy _policy;
    private readonly ImmutableArray<MatchTest> _rules;
    private readonly ImmutableArray<Choice> _actions;
    private readonly int _missSlot;

    /// <summary>An evaluator of a valid policy.</summary>
    /// <param name="policy">The policy; <see cref="PolicyValidator"/> finds no error in it.</param>
    /// <param name="slotCount">Slots of the group.</param>
    public PolicyEvaluator(SteeringPolicy policy, int slotCount)
    {
        _policy = policy;
        SlotCount = slotCount;
        _rules = [.. policy.Rules.Items.Select((rule, i) => new MatchTest(policy, rule.When, FlowFraction.SeedOf(policy.RuleName(i))))];
        _actions = [.. Enumerable.Range(0, policy.Rules.Count + 1).Select(position => Choice.Of(policy, policy.ActionAt(position), slotCount))];
        _missSlot = policy.OnMiss.Kind == MissKind.Slot ? policy.ResolveSlots(policy.OnMiss.Slot).First() : -1;
    }

    /// <summary>Slots of the group.</summary>
    public int SlotCount { get; }

    /// <summary>Decides one packet.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="selectable">By slot: whether its seat can be selected.</param>
    /// <param name="environment">The CPU that it is processed on, its node, the time and the random numbers; null for CPU 0 of a host at its start.</param>
    public PolicyDecision Decide(in Packet packet, ReadOnlySpan<bool> selectable, ExecutionEnvironment? environment = null) =>
        Decide(packet, selectable, new MatchInput(packet, environment ?? new ExecutionEnvironment()));

    /// <summary>Decides the first packet of a flow: a SYN, or a datagram without payload.</summary>
    /// <param name="flow">The five-tuple.</param>
    /// <param name="selectable">By slot: whether its seat can be selected.</param>
    public PolicyDecision Decide(in FlowKey flow, ReadOnlySpan<bool> selectable)
    {
        bool isTcp = flow.Protocol == TransportProtocol.Tcp;
        return Decide(
            new Packet { Timestamp = 0, Data = default, TransportOffset = 0, TransportLength = isTcp ? 20 : 8, Flow = flow, TcpFlags = isTcp ? TcpFlagsTest.PureSyn.Set : (byte)0 },
            selectable);
    }

    private PolicyDecision Decide(in Packet packet, ReadOnlySpan<bool> selectable, in MatchInput input)
    {
        FlowKey flow = packet.Flow;
        if (_policy.Protocol != PolicyProtocol.Any && (_policy.Protocol == PolicyProtocol.Tcp) != (flow.Protocol == TransportProtocol.Tcp))
        {
            return new PolicyDecision(CounterKind.NotCovered, -1, PolicyVerdict.Kernel, -1, 0);
        }

        int rule = 0;
        while (rule < _rules.Length && !_rules[rule].Matches(input))
        {
            rule++;
        }

        bool isOtherwise = rule == _rules.Length;
        Attempts attempts = new(selectable);
        PolicyVerdict verdict = Apply(flow, rule, isOtherwise, ref attempts);
        return isOtherwise
            ? new PolicyDecision(CounterKind.Otherwise, -1, verdict, attempts.Slot, attempts.Misses)
            : new PolicyDecision(CounterKind.Rule, rule, verdict, attempts.Slot, attempts.Misses);
    }

    private PolicyVerdict Apply(in FlowKey flow, int action, bool isOtherwise, ref Attempts attempts)
    {
        Choice choice = _actions[action];
        if (choice.Fixed is PolicyVerdict verdict)
        {
            return verdict;
        }

        uint hash = choice.Hash(flow);
        if (attempts.Try(choice.Pick(hash)))
        {
            return PolicyVerdict.Slot;
        }

        switch (_policy.OnMiss.Kind)
        {
            case MissKind.Kernel:
                return PolicyVerdict.Kernel;
            case MissKind.Reject:
                return PolicyVerdict.Reject;
            case MissKind.Slot:
                return attempts.Try(_missSlot) ? PolicyVerdict.Slot : PolicyVerdict.Kernel;
        }

        for (int candidate = 1; candidate < choice.Candidates; candidate++)
        {
            hash = FlowHash.Next(hash);
            if (attempts.Try(choice.Pick(hash)))
            {
                return PolicyVerdict.Slot;
            }
        }

        return isOtherwise ? PolicyVerdict.Kernel : Apply(flow, _actions.Length - 1, isOtherwise: true, ref attempts);
    }

    private ref struct Attempts(ReadOnlySpan<bool> selectable)
    {
        private readonly ReadOnlySpan<bool> _selectable = selectable;

        public int Slot { get; private set; } = -1;

        public int Misses { get; private set; }

        public bool Try(int slot)
        {
            if (_selectable[slot])
            {
                Slot = slot;
                return true;
            }

            Misses++;
            return false;
        }
    }

    /// <summary>An action with its slots or table at hand.</summary>
    private sealed class Choice
    {
        private ImmutableArray<int> _slots = [];
        private HashKey _key;
        private uint _seed;

        /// <summary>The verdict of an action that chooses no slot.</summary>
        public PolicyVerdict? Fixed { get; private init; }

        /// <summary>How many candidates are tried on <c>on-miss: next</c>: one of a fixed slot.</summary>
        public int Candidates { get; private init; }

        public static Choice Of(SteeringPolicy policy, PolicyAction action, int slotCount) => action switch
        {
            RejectAction => new Choice { Fixed = PolicyVerdict.Reject },
            SteerAction { By: KernelBalancer } => new Choice { Fixed = PolicyVerdict.Kernel },
            SteerAction { By: SlotBalancer by } => new Choice { _slots = [.. policy.ResolveSlots(by.Slot)], Candidates = 1 },
            SteerAction { By: HashBalancer by } => Among(policy.ResolveSlots(by.To, slotCount), by.Key, by.Seed),
            SteerAction { By: WeightedBalancer by } => new Choice
            {
                _slots = WeightedTable.Build(policy, by, slotCount),
                _key = by.Key,
                _seed = by.Seed,
                Candidates = FlowHash.Candidates,
            },
            _ => throw new ArgumentException($"unknown action {action}", nameof(action)),
        };

        public uint Hash(in FlowKey flow) => _key == HashKey.None ? 0 : FlowHash.Compute(flow, _key, _seed);

        public int Pick(uint hash) => _slots[FlowHash.Scale(hash, _slots.Length)];

        private static Choice Among(ImmutableArray<int> slots, HashKey key, uint seed) => new()
        {
            _slots = slots,
            _key = slots.Length == 1 ? HashKey.None : key,
            _seed = seed,
            Candidates = slots.Length == 1 ? 1 : FlowHash.Candidates,
        };
    }
}
