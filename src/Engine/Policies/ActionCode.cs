using System.Runtime.InteropServices;
using ReuseportPS.Engine.Helpers;
using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Programs;
using Frame = ReuseportPS.Engine.Policies.PolicyCode.Frame;

namespace ReuseportPS.Engine.Policies;

/// <summary>The code of actions: how a balancer's candidates are found and tried.</summary>
internal sealed class ActionCode
{
    private readonly SteeringPolicy _policy;
    private readonly PolicyCode _code;
    private readonly SlotTables _tables;
    private readonly PolicyMaps _maps;
    private readonly PacketNeeds _needs;
    private readonly CounterLayout _counters;
    private readonly PolicyEnds _ends;
    private readonly Dictionary<(HashKey Key, int Count), List<Hashed>> _alike = [];
    private readonly Dictionary<(HashKey Key, int Count), Label> _sharedHash = [];
    private readonly Dictionary<(PolicyAction Action, IpFamily? Family), Label> _shared = [];

    public ActionCode(SteeringPolicy policy, PolicyCode code, SlotTables tables, PolicyMaps maps, PacketNeeds needs, CounterLayout counters, PolicyEnds ends)
    {
        (_policy, _code, _tables, _maps, _needs, _counters, _ends) = (policy, code, tables, maps, needs, counters, ends);
        CollectAlike();
    }

    /// <summary>The action of a rule or, after the last, of otherwise.</summary>
    /// <param name="position">Its position.</param>
    /// <param name="family">The IP version that the packet is known to have here.</param>
    public void Emit(int position, IpFamily? family)
    {
        PolicyAction action = _policy.ActionAt(position);
        bool isOtherwise = position == _policy.Rules.Count;
        if (!isOtherwise && IsShared(action))
        {
            ref Label? label = ref CollectionsMarshal.GetValueRefOrAddDefault(_shared, (action, family), out bool exists);
            if (exists)
            {
                _code.Jump(label!);
                return;
            }

            label = _code.NewLabel("action");
            _code.Mark(label);
        }

        switch (action)
        {
            case RejectAction:
                _code.Jump(_ends.Reject);
                break;
            case SteerAction { By: KernelBalancer }:
                _code.Jump(_ends.Kernel);
                break;
            case SteerAction steer:
                EmitSteer(position, steer.By, _tables[position]!, family, isOtherwise);
                break;
        }
    }

    /// <summary>What <c>on-miss: { slot: N }</c> and the other words do. The table is at hand.</summary>
    public void EmitMissed()
    {
        switch (_policy.OnMiss.Kind)
        {
            case MissKind.Slot:
                _code.StoreSlot(_tables.MissSlot);
                _code.StoreFromTable(_ends.Kernel, _ends.Kernel);
                _code.Select(_maps.Seats, _ends.Selected);
                _code.Count(CounterLayout.IndexOf(CounterKind.Miss));
                _code.Jump(_ends.Kernel);
                break;
            case MissKind.Reject:
                _code.Jump(_ends.Reject);
                break;
            default:
                _code.Jump(_ends.Kernel);
                break;
        }
    }

    // What is data may differ tomorrow, with the same program; and each round robin has its own turn.
    private static bool IsShared(PolicyAction action) =>
        action is not SteerAction { By: WeightedBalancer or ConsistentBalancer or CpuBalancer or NumaBalancer or RoundRobinBalancer };

    private void EmitSteer(int position, Balancer by, TableChoice choice, IpFamily? family, bool isOtherwise)
    {
        if (choice.StandbyCount == 0)
        {
            EmitList(choice, isOtherwise);
            return;
        }

        switch (by)
        {
            case HashBalancer or WeightedBalancer or ConsistentBalancer:
                EmitHashed(new Hashed(by.HashedKey, by.HashSeed, choice), family, isOtherwise);
                break;
            case RandomBalancer:
                _code.CallToHash(HelperId.GetPrandomU32);
                EmitCandidates(choice, () => _code.StoreScaled(choice.Count, choice.First, isRelative: false), isRelative: false, isOtherwise);
                break;
            case RoundRobinBalancer:
                _code.TakeTurn(_counters.IndexOfCell(_policy, position), _needs.TcpFlags);
                EmitCandidates(choice, () => _code.StoreTurn(choice.Count, choice.First), isRelative: false, isOtherwise);
                break;
            case CpuBalancer:
                _code.CallToHash(HelperId.GetSmpProcessorId);
                EmitCandidates(choice, () => _code.StoreTurn(choice.Count, choice.First), isRelative: false, isOtherwise);
                break;
            case NumaBalancer:
                _code.StoreNode(NumaBalancer.NodeCount, choice.NodesFirst);
                _code.LookupIn(Register.R8, Frame.Key);
                _code.PassFirstFromTable(_ends.Kernel);
                _code.HashFlow(by.HashedKey, by.HashSeed, family, _needs);
                EmitCandidates(choice with { First = 0 }, () => _code.StoreScaled(choice.Count, 0, isRelative: true), isRelative: true, isOtherwise);
                break;
        }
    }

    /// <summary>Several actions of rules with one key and as many entries share the code of hash and candidates, which is long: what they differ in is passed to it.</summary>
    private void EmitHashed(Hashed hashed, IpFamily? family, bool isOtherwise)
    {
        TableChoice choice = hashed.Choice;
        List<Hashed> alike = isOtherwise ? [hashed] : _alike[hashed.Kind];
        if (alike.Count == 1)
        {
            EmitHashAndCandidates(hashed.Key, hashed.Seed, choice, isRelative: false, family, isOtherwise);
            return;
        }

        uint? seed = alike.All(h => h.Seed == hashed.Seed) ? hashed.Seed : null;
        bool isRelative = alike.Any(h => h.Choice.First != choice.First);
        if (seed is null)
        {
            _code.PassSeed(hashed.Seed);
        }

        if (isRelative)
        {
            _code.PassFirst(choice.First);
        }

        if (_sharedHash.TryGetValue(hashed.Kind, out Label? shared))
        {
            _code.Jump(shared);
            return;
        }

        shared = _code.NewLabel("choice");
        _sharedHash.Add(hashed.Kind, shared);
        _code.Mark(shared);
        EmitHashAndCandidates(
            hashed.Key, seed, isRelative ? choice with { First = 0, StandbyFirst = choice.StandbyFirst - choice.First } : choice, isRelative, family: null, isOtherwise);
    }

    private void EmitHashAndCandidates(HashKey key, uint? seed, TableChoice choice, bool isRelative, IpFamily? family, bool isOtherwise)
    {
        _code.HashFlow(key, seed, family, _needs);
        EmitCandidates(choice, () => _code.StoreScaled(choice.Count, choice.First, isRelative), isRelative, isOtherwise);
    }

    /// <summary>A fixed slot, or several in order. An entry without a slot ends the list.</summary>
    private void EmitList(TableChoice choice, bool isOtherwise)
    {
        for (int i = 0; i < choice.Count; i++)
        {
            _code.StoreSlot(choice.First + i);
            _code.StoreFromTable(_ends.Kernel, AfterMiss(isOtherwise));
            _code.Select(_maps.Seats, _ends.Selected);
            _code.Count(CounterLayout.IndexOf(CounterKind.Miss));
        }

        _code.Jump(AfterMiss(isOtherwise));
    }

    /// <summary>
    /// Tries candidate after candidate. r9 is the hash; the first entry is stored by <paramref name="storeFirst"/>. A slot that is not active is passed over;
    /// after one that cannot be selected, <c>on-miss</c> says whether there is another candidate.
    /// </summary>
    private void EmitCandidates(TableChoice choice, Action storeFirst, bool isRelative, bool isOtherwise)
    {
        bool isNext = _policy.OnMiss.Kind == MissKind.Next;
        int candidates = isNext || choice.SpareCount > 0 ? FlowHash.Candidates : 1;
        Label standby = _code.NewLabel("standby");
        Label spare = _code.NewLabel("spare");
        Label end = AfterMiss(isOtherwise);
        for (int candidate = 0; candidate < candidates; candidate++)
        {
            bool last = candidate == candidates - 1;
            Label next = last ? spare : _code.NewLabel("next candidate");
            if (candidate == 0)
            {
                storeFirst();
            }
            else
            {
                _code.Rehash();
                _code.StoreScaled(choice.Count, choice.First, isRelative);
            }

            TrySlot(choice.SpareCount > 0 ? next : end);
            _code.Jump(!isNext ? end : last ? standby : next);
            if (!last)
            {
                _code.Mark(next);
            }
        }

        if (choice.SpareCount > 0)
        {
            _code.Mark(spare);
            _code.Rehash();
            _code.StoreScaled(choice.SpareCount, choice.SpareFirst, isRelative);
            TrySlot(end);
            _code.Jump(isNext ? standby : end);
        }

        _code.Mark(standby);
        for (int candidate = 0; isNext && candidate < FlowHash.StandbyCandidates; candidate++)
        {
            _code.Rehash();
            _code.StoreScaled(choice.StandbyCount, choice.StandbyFirst, isRelative && choice.NodesFirst < 0);
            TrySlot(end);
        }

        _code.Jump(end);
    }

    /// <summary>Selects the slot of the entry on the stack; falls through when it cannot be selected.</summary>
    private void TrySlot(Label none)
    {
        _code.StoreFromTable(_ends.Kernel, none);
        _code.Select(_maps.Seats, _ends.Selected);
        _code.Count(CounterLayout.IndexOf(CounterKind.Miss));
    }

    /// <summary>Where the last miss of an action leads.</summary>
    private Label AfterMiss(bool isOtherwise) =>
        _policy.OnMiss.Kind != MissKind.Next ? _ends.Missed : isOtherwise ? _ends.Kernel : _ends.Otherwise;

    /// <summary>Finds the actions of rules that can share code: those that are not the same, which share all of it anyway.</summary>
    private void CollectAlike()
    {
        HashSet<PolicyAction> seen = [];
        for (int position = 0; position < _policy.Rules.Count; position++)
        {
            PolicyAction action = _policy.ActionAt(position);
            if (action is SteerAction { By: HashBalancer or WeightedBalancer or ConsistentBalancer } steer && _tables[position] is { StandbyCount: > 0 } choice &&
                (!IsShared(action) || seen.Add(action)))
            {
                Hashed hashed = new(steer.By.HashedKey, steer.By.HashSeed, choice);
                (CollectionsMarshal.GetValueRefOrAddDefault(_alike, hashed.Kind, out _) ??= []).Add(hashed);
            }
        }
    }

    /// <summary>A choice by hash.</summary>
    private sealed record Hashed(HashKey Key, uint Seed, TableChoice Choice)
    {
        /// <summary>What actions must have in common to share code. Spare entries are there for choices among declared slots only.</summary>
        public (HashKey, int) Kind => (Key, Choice.SpareCount > 0 ? Choice.Count : -Choice.Count);
    }
}
