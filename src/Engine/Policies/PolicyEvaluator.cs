using System.Collections.Immutable;
using ReuseportPS.Engine.Execution;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Engine.Policies;

/// <summary>
/// The meaning of the language, in plain C#: what a policy decides for a packet. The compiled program must decide the same and
/// count the same; a property test holds it to that. It remembers what a program remembers: whose turn it is.
/// </summary>
public sealed class PolicyEvaluator
{
    private readonly SteeringPolicy _policy;
    private readonly RuleMatcher _rules;
    private readonly bool _looksAtFlags;
    private readonly SlotTables _tables;
    private readonly ImmutableArray<int> _entries;
    private readonly SlotStates _states;
    private readonly Dictionary<int, ulong> _decided;
    private readonly Dictionary<(int Cpu, int Position), uint> _turns;
    private readonly Dictionary<(int Position, FlowKey Flow), KnownFlow> _flows;
    private readonly ImmutableArray<(ImmutableArray<byte> Prefix, int Slot)>[] _ids;

    /// <summary>An evaluator of a valid policy.</summary>
    /// <param name="policy">The policy; <see cref="PolicyValidator"/> finds no error in it.</param>
    /// <param name="slotCount">Slots of the group.</param>
    /// <param name="states">States of the slots; null for all active.</param>
    public PolicyEvaluator(SteeringPolicy policy, int slotCount, SlotStates? states = null)
        : this(policy, slotCount, states, null)
    {
    }

    /// <summary>An evaluator of the same policy with other data, which remembers what another one did.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="slotCount">Slots of the group.</param>
    /// <param name="states">States of the slots; null for all active.</param>
    /// <param name="before">The one before.</param>
    public PolicyEvaluator(SteeringPolicy policy, int slotCount, SlotStates? states, PolicyEvaluator? before)
    {
        _decided = before?._decided ?? [];
        _turns = before?._turns ?? [];
        _flows = before?._flows ?? [];
        _policy = policy;
        SlotCount = slotCount;
        _rules = new RuleMatcher(policy);
        _looksAtFlags = PacketNeeds.LooksAtFlags(policy);
        _states = states ?? SlotStates.AllActive;
        _tables = new SlotTables(policy, slotCount, _states);
        _entries = _tables.Build();
        _ids = [.. Enumerable.Range(0, policy.Rules.Count + 1).Select(position => policy.ActionAt(position) is SteerAction { By: ConnectionIdBalancer by }
            ? ConnectionIds.Entries(policy, by.Layout, slotCount, _states).ToImmutableArray()
            : [])];
        Loads = before?.Loads ?? new ulong[slotCount];
    }

    /// <summary>Slots of the group.</summary>
    public int SlotCount { get; }

    /// <summary>The load of each slot: <see cref="SlotLoad"/>.</summary>
    public ulong[] Loads { get; }

    /// <summary>Makes a flow known to a flow table.</summary>
    /// <param name="table">Number of the table, among the policy's sticky actions in their order.</param>
    /// <param name="flow">The flow.</param>
    /// <param name="slot">The slot that it is kept for.</param>
    /// <param name="generation">Whose turn in the seat it was.</param>
    /// <param name="time">CLOCK_MONOTONIC at its last packet that the table took note of.</param>
    public void Know(int table, FlowKey flow, int slot, uint generation, ulong time) =>
        _flows[(_policy.StickyActions().ElementAt(table).Position, flow)] = new KnownFlow(slot, (int)generation, time);

    /// <summary>Decides one packet.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="selectable">By slot: whether its seat can be selected.</param>
    /// <param name="environment">The CPU that it is processed on, its node, the time and the random numbers; null for CPU 0 of a host at its start.</param>
    /// <param name="isMigrating">Whether it stands for a connection whose listener stopped: then only its five-tuple is looked at.</param>
    public PolicyDecision Decide(in Packet packet, ReadOnlySpan<bool> selectable, ExecutionEnvironment? environment = null, bool isMigrating = false)
    {
        MatchInput input = new(packet, environment ?? new ExecutionEnvironment(), isMigrating);
        PolicyDecision decision = Decide(input, selectable);
        PolicyEvents events = isMigrating ? decision.Events.With(CounterKind.Migrating) : decision.Events;
        if (_policy.SampleOneIn is int oneIn)
        {
            ref ulong decided = ref System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(_decided, input.Environment.Cpu, out _);
            events = ++decided % (uint)oneIn == 0 ? events.With(CounterKind.Sample) : events;
        }

        return decision with { Events = events };
    }

    private PolicyDecision Decide(in MatchInput input, ReadOnlySpan<bool> selectable)
    {
        if (FindAction(input) is not int rule)
        {
            return new PolicyDecision(CounterKind.NotCovered, -1, PolicyVerdict.Kernel, -1, 0);
        }

        bool isOtherwise = rule == _policy.Rules.Count;
        Attempts attempts = new(selectable);
        PolicyVerdict verdict = Apply(input, rule, ref attempts);
        return new PolicyDecision(isOtherwise ? CounterKind.Otherwise : CounterKind.Rule, isOtherwise ? -1 : rule, verdict, attempts.Slot, attempts.Misses)
        {
            Events = _looksAtFlags && !input.IsOpening && !input.IsMigrating ? attempts.Events.With(CounterKind.NotSyn) : attempts.Events,
        };
    }

    /// <summary>As <see cref="RuleMatcher.Find(in Packet, ExecutionEnvironment)"/>.</summary>
    internal int? FindAction(in MatchInput input) => _rules.Find(input);

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

    /// <summary>The action of a rule or, after the last, of otherwise.</summary>
    private PolicyVerdict Apply(in MatchInput input, int position, ref Attempts attempts)
    {
        PolicyAction action = _policy.ActionAt(position);
        if (_tables[position] is not TableChoice choice || action is not SteerAction { By: Balancer by } steer)
        {
            return action is RejectAction ? PolicyVerdict.Reject : PolicyVerdict.Kernel;
        }

        if (steer.Sticky is not null && TryKnown(input, position, steer.Sticky, choice, ref attempts))
        {
            return PolicyVerdict.Slot;
        }

        if (Try(input, position, by, choice, ref attempts))
        {
            if (steer.Sticky is not null && input.IsOpening && _entries[choice.KeepsFirst + attempts.Slot] is not 0 and int generation)
            {
                attempts.Note(CounterKind.StickyCreate);
                _flows[(position, input.Flow)] = new KnownFlow(attempts.Slot, generation, input.Environment.MonotonicTime);
            }

            return PolicyVerdict.Slot;
        }

        return _policy.OnMiss.Kind switch
        {
            MissKind.Kernel => PolicyVerdict.Kernel,
            MissKind.Reject => PolicyVerdict.Reject,
            MissKind.Slot => attempts.Try(_entries[_tables.MissSlot]) == true ? PolicyVerdict.Slot : PolicyVerdict.Kernel,
            _ => position == _policy.Rules.Count ? PolicyVerdict.Kernel : Apply(input, _policy.Rules.Count, ref attempts),
        };
    }

    /// <summary>The slot of a flow that the table knows. An entry that no longer counts is taken out. A table is never too small here.</summary>
    private bool TryKnown(in MatchInput input, int position, StickyFlows sticky, TableChoice choice, ref Attempts attempts)
    {
        if (!_flows.TryGetValue((position, input.Flow), out KnownFlow? known))
        {
            return false;
        }

        ulong age = input.Environment.MonotonicTime - known.Time;
        if (_entries[choice.KeepsFirst + known.Slot] == known.Generation && age <= sticky.IdleNanoseconds)
        {
            if (age > sticky.RefreshNanoseconds)
            {
                _flows[(position, input.Flow)] = known with { Time = input.Environment.MonotonicTime };
            }

            if (attempts.Try(known.Slot) == true)
            {
                attempts.Note(CounterKind.StickyHit);
                return true;
            }
        }

        _flows.Remove((position, input.Flow));
        attempts.Note(CounterKind.StickyRemove);
        return false;
    }

    /// <summary>The slot that a connection id names, or one of the new or of the old generation.</summary>
    private bool TryId(in MatchInput input, int position, ConnectionIdBalancer by, TableChoice choice, ref Attempts attempts)
    {
        if (ConnectionIds.Find(input, by, out bool isForeign) is not int at)
        {
            attempts.Note(CounterKind.IdNew);
            return TryGeneration(input, by, choice, ref attempts);
        }

        Span<byte> id = stackalloc byte[ConnectionIds.SizeOf(by)];
        if (!isForeign && input.TryReadPayload(at + by.Layout.From, id))
        {
            int slot = by.Layout is PrefixLayout or CookieLayout ? ConnectionIds.SlotOf(_ids[position], by.Layout, id)
                : ConnectionIds.EntryOf(by.Layout, id, choice.WorkerCount) is >= 0 and long entry ? _entries[choice.IdsFirst + (int)entry]
                : SlotTables.None;
            if (attempts.Try(slot) == true)
            {
                attempts.Note(CounterKind.IdKnown);
                return true;
            }
        }

        attempts.Note(CounterKind.IdUnknown);
        return TryGeneration(input, by, choice.Old!, ref attempts);
    }

    private bool TryGeneration(in MatchInput input, ConnectionIdBalancer by, TableChoice choice, ref Attempts attempts)
    {
        if (choice.StandbyCount == 0)
        {
            return TryList(choice, ref attempts);
        }

        uint hash = FlowHash.Compute(input.Flow, by.Key, by.Seed);
        return TryCandidates(choice, (choice.First + FlowHash.Scale(hash, choice.Count), hash), ref attempts);
    }

    /// <summary>The slot with the lower load of two; null when a load is too old, or when it could not be selected and there is another candidate.</summary>
    private bool? TryLighter(in MatchInput input, LeastLoadedBalancer by, TableChoice choice, ref Attempts attempts)
    {
        int first = Pick(input.Environment.NextRandom());
        if (first == SlotTables.None)
        {
            return false;
        }

        int second = Pick(input.Environment.NextRandom()); // All or none of these entries have a slot.
        uint now = SlotLoad.UnitsOf(input.Environment.MonotonicTime);
        if (!SlotLoad.IsFresh(Loads[first], now, by.StaleUnits) || !SlotLoad.IsFresh(Loads[second], now, by.StaleUnits))
        {
            attempts.Note(CounterKind.LoadStale);
            return null;
        }

        return attempts.Try((uint)Loads[first] <= (uint)Loads[second] ? first : second) == true ? true : _policy.OnMiss.Kind == MissKind.Next ? null : false;

        int Pick(uint random) => _entries[choice.SpareFirst + FlowHash.Scale(random, choice.SpareCount)];
    }

    private bool Try(in MatchInput input, int position, Balancer by, TableChoice choice, ref Attempts attempts)
    {
        if (by is ConnectionIdBalancer ids)
        {
            return TryId(input, position, ids, choice, ref attempts);
        }

        if (choice.StandbyCount == 0)
        {
            return TryList(choice, ref attempts);
        }

        if (by is LeastLoadedBalancer loads && TryLighter(input, loads, choice, ref attempts) is bool isSelected)
        {
            return isSelected;
        }

        if (by is NumaBalancer)
        {
            choice = choice with { First = _entries[choice.NodesFirst + (input.Environment.NumaNode % NumaBalancer.NodeCount)] };
        }

        return TryCandidates(choice, Begin(input, position, by, choice), ref attempts);
    }

    /// <summary>The first entry of a balancer, and the hash that the next candidates come from.</summary>
    private (int Entry, uint Hash) Begin(in MatchInput input, int position, Balancer by, TableChoice choice)
    {
        ExecutionEnvironment environment = input.Environment;
        switch (by)
        {
            case RandomBalancer:
                return Scaled(environment.NextRandom(), choice);
            case RoundRobinBalancer:
                uint turn = _turns.GetValueOrDefault((environment.Cpu, position));
                _turns[(environment.Cpu, position)] = turn + (input.IsOpening ? 1u : 0);
                return Turn(turn + (uint)environment.Cpu, choice);
            case CpuBalancer:
                return Turn((uint)environment.Cpu, choice);
            default:
                return Scaled(FlowHash.Compute(input.Flow, by.HashedKey, by.HashSeed), choice);
        }

        static (int, uint) Scaled(uint hash, TableChoice choice) => (choice.First + FlowHash.Scale(hash, choice.Count), hash);
        static (int, uint) Turn(uint turn, TableChoice choice) => (choice.First + (int)(turn % (uint)choice.Count), turn + 1);
    }

    private bool TryList(TableChoice choice, ref Attempts attempts)
    {
        for (int i = 0; i < choice.Count; i++)
        {
            switch (attempts.Try(_entries[choice.First + i]))
            {
                case true:
                    return true;
                case null:
                    return false;
            }
        }

        return false;
    }

    private bool TryCandidates(TableChoice choice, (int Entry, uint Hash) begin, ref Attempts attempts)
    {
        (int entry, uint hash) = begin;
        bool? outcome = null;
        for (int candidate = 0; candidate < FlowHash.Candidates; candidate++)
        {
            if (candidate > 0)
            {
                hash = FlowHash.Next(hash);
                entry = choice.First + FlowHash.Scale(hash, choice.Count);
            }

            outcome = attempts.Try(_entries[entry]);
            if (outcome == true)
            {
                return true;
            }

            if (outcome == false ? _policy.OnMiss.Kind != MissKind.Next : choice.SpareCount == 0)
            {
                return false;
            }
        }

        if (outcome is null)
        {
            hash = FlowHash.Next(hash);
            outcome = attempts.Try(_entries[choice.SpareFirst + FlowHash.Scale(hash, choice.SpareCount)]);
            if (outcome != false || _policy.OnMiss.Kind != MissKind.Next)
            {
                return outcome == true;
            }
        }

        for (int candidate = 0; candidate < FlowHash.StandbyCandidates; candidate++)
        {
            hash = FlowHash.Next(hash);
            outcome = attempts.Try(_entries[choice.StandbyFirst + FlowHash.Scale(hash, choice.StandbyCount)]);
            if (outcome != false)
            {
                return outcome == true;
            }
        }

        return false;
    }

    private sealed record KnownFlow(int Slot, int Generation, ulong Time);

    private ref struct Attempts(ReadOnlySpan<bool> selectable)
    {
        private readonly ReadOnlySpan<bool> _selectable = selectable;

        public int Slot { get; private set; } = -1;

        public int Misses { get; private set; }

        public PolicyEvents Events { get; private set; }

        public void Note(CounterKind kind) => Events = Events.With(kind);

        /// <summary>Whether a slot could be selected; null when the entry has none.</summary>
        public bool? Try(int slot)
        {
            if (slot == SlotTables.None)
            {
                return null;
            }

            if (_selectable[slot])
            {
                Slot = slot;
                return true;
            }

            Misses++;
            return false;
        }
    }
}
