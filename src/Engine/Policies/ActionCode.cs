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
    private readonly BankPlan _plan;
    private readonly SlotTables _tables;
    private readonly PolicyMaps _maps;
    private readonly PacketNeeds _needs;
    private readonly CounterLayout _counters;
    private readonly PolicyEnds _ends;
    private readonly Dictionary<(HashKey Key, int Count), List<Hashed>> _alike = [];
    private readonly Dictionary<(HashKey Key, int Count), Label> _sharedHash = [];
    private readonly Dictionary<(PolicyAction Action, IpFamily? Family), Label> _shared = [];
    private Label? _created;
    private Label? _one;

    public ActionCode(SteeringPolicy policy, PolicyCode code, BankPlan plan, PolicyMaps maps, PacketNeeds needs, CounterLayout counters, PolicyEnds ends)
    {
        (_policy, _code, _plan, _tables, _maps, _needs, _counters, _ends) = (policy, code, plan, plan.Tables, maps, needs, counters, ends);
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
                EmitSticky(position, steer, _tables[position]!, family, isOtherwise);
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
    private static bool IsShared(PolicyAction action) => action is not SteerAction steer || (steer.Sticky is null &&
        steer.By is not (WeightedBalancer or ConsistentBalancer or CpuBalancer or NumaBalancer or RoundRobinBalancer or ConnectionIdBalancer));

    /// <summary>Where a selection of the action at hand leads.</summary>
    private Label Selected => _created ?? _ends.Selected;

    /// <summary>The flow table first, then the balancer, then the flow table again.</summary>
    private void EmitSticky(int position, SteerAction steer, TableChoice choice, IpFamily? family, bool isOtherwise)
    {
        if (steer.Sticky is not StickyFlows sticky)
        {
            EmitSteer(position, steer.By, choice, family, isOtherwise);
            return;
        }

        int map = _maps.Flows[_policy.StickyActions().Count(earlier => earlier.Position < position)];
        StickyCode flows = new(_code, map, _maps.Seats, choice.KeepsFirst, sticky, _counters);
        flows.EmitLookup(_ends.Selected);
        _created = _code.NewLabel("put into the flow table");
        EmitSteer(position, steer.By, choice, family, isOtherwise);
        _code.Mark(_created);
        _created = null;
        flows.EmitCreate(_needs.TcpFlags, _ends.Selected);
    }

    private void EmitSteer(int position, Balancer by, TableChoice choice, IpFamily? family, bool isOtherwise)
    {
        if (by is ConnectionIdBalancer ids)
        {
            EmitIds(position, ids, choice, family, isOtherwise);
            return;
        }

        if (choice.StandbyCount == 0)
        {
            EmitList(choice, isOtherwise);
            return;
        }

        switch (by)
        {
            case HashBalancer or WeightedBalancer or ConsistentBalancer when _created is null:
                EmitHashed(new Hashed(by.HashedKey, by.HashSeed, choice), family, isOtherwise);
                break;
            case HashBalancer or WeightedBalancer or ConsistentBalancer or GenerationBalancer:
                EmitHashAndCandidates(by.HashedKey, by.HashSeed, choice, isRelative: false, family, isOtherwise);
                break;
            case LeastLoadedBalancer loads:
                EmitLeastLoaded(loads, choice, family, isOtherwise);
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

    /// <summary>Two random slots of the spare entries, which are all of active slots, and the one with the lower load; the hash where loads are too old.</summary>
    private void EmitLeastLoaded(LeastLoadedBalancer by, TableChoice choice, IpFamily? family, bool isOtherwise)
    {
        Label stale = _code.NewLabel("stale");
        Label hash = _code.NewLabel("by hash");
        Label end = AfterMiss(isOtherwise);
        for (int pick = 0; pick < 2; pick++)
        {
            _code.CallToHash(HelperId.GetPrandomU32);
            _code.StoreScaled(choice.SpareCount, choice.SpareFirst, isRelative: false);
            _code.StoreFromTable(_ends.Kernel, end);
            _code.LoadLoad(_maps.Loads, isFirst: pick == 0, _ends.Kernel);
        }

        _code.StoreLighter(by.StaleUnits, stale);
        _code.Select(_maps.Seats, Selected);
        _code.Count(CounterLayout.IndexOf(CounterKind.Miss));
        _code.Jump(_policy.OnMiss.Kind == MissKind.Next ? hash : end);
        _code.Mark(stale);
        _code.Count(_counters.Find(CounterKind.LoadStale));
        _code.Mark(hash);
        EmitHashAndCandidates(by.HashedKey, by.HashSeed, choice, isRelative: false, family, isOtherwise);
    }

    /// <summary>The slot that the connection id names, or the new generation, or the old one.</summary>
    private void EmitIds(int position, ConnectionIdBalancer by, TableChoice choice, IpFamily? family, bool isOtherwise)
    {
        Label fresh = _code.NewLabel("id of a client");
        Label unknown = _code.NewLabel("id of no slot");
        Label known = _code.NewLabel("id of a slot");
        IdCode ids = new(_code, by);
        ids.EmitLoad(fresh, unknown);
        if (by.Layout is PrefixLayout or CookieLayout)
        {
            _code.LoadInner(_maps.Lists, _plan.ListCount, _plan.IdListOf(position), unknown);
            ids.EmitLongestPrefix(unknown);
        }
        else
        {
            ids.EmitNumber(choice.IdsFirst, choice.WorkerCount, unknown);
            _code.StoreFromTable(unknown, unknown);
        }

        _code.Select(_maps.Seats, known);
        _code.Count(CounterLayout.IndexOf(CounterKind.Miss));
        _code.Mark(unknown);
        _code.Count(_counters.Find(CounterKind.IdUnknown));
        EmitGeneration(choice.Old!);
        _code.Mark(fresh);
        _code.Count(_counters.Find(CounterKind.IdNew));
        EmitGeneration(choice);
        _code.Mark(known);
        _code.Count(_counters.Find(CounterKind.IdKnown));
        _code.Jump(Selected);

        void EmitGeneration(TableChoice generation)
        {
            if (generation.StandbyCount == 0)
            {
                EmitList(generation, isOtherwise);
            }
            else
            {
                EmitHashAndCandidates(by.HashedKey, by.HashSeed, generation, isRelative: false, family, isOtherwise);
            }
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
        // One slot is the same code for all rules that have it as their own.
        if (choice.Count == 1 && !isOtherwise && _created is null)
        {
            _code.StoreSlot(choice.First);
            if (_one is not null)
            {
                _code.Jump(_one);
                return;
            }

            _one = _code.NewLabel("one slot");
            _code.Mark(_one);
            TrySlot(AfterMiss(isOtherwise));
            _code.Jump(AfterMiss(isOtherwise));
            return;
        }

        for (int i = 0; i < choice.Count; i++)
        {
            _code.StoreSlot(choice.First + i);
            _code.StoreFromTable(_ends.Kernel, AfterMiss(isOtherwise));
            _code.Select(_maps.Seats, Selected);
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
        bool hasSpare = choice.SpareCount > 0;
        bool isStandbyRelative = isRelative && choice.NodesFirst < 0;
        Label end = AfterMiss(isOtherwise);
        Label again = _code.NewLabel("next candidate");
        Label passedOver = hasSpare ? _code.NewLabel("passed over") : end;
        storeFirst();
        if (!isNext && !hasSpare)
        {
            TrySlot(end);
            _code.Jump(end);
            return;
        }

        // The first is the one in all but a few runs; the others are a loop.
        Label first = _code.NewLabel("not the first");
        Label standby = _code.NewLabel("standby");
        TrySlot(hasSpare ? first : end);
        if (!isNext)
        {
            _code.Jump(end);
        }

        _code.Mark(first);
        _code.StoreLeft(FlowHash.Candidates - 1);
        _code.Mark(again);
        _code.Rehash();
        _code.StoreScaled(choice.Count, choice.First, isRelative);
        TrySlot(passedOver);
        if (isNext)
        {
            _code.JumpWhileLeft(again);
            _code.Jump(standby);
        }
        else
        {
            _code.Jump(end);
        }

        if (hasSpare)
        {
            _code.Mark(passedOver);
            _code.JumpWhileLeft(again);
            _code.Rehash();
            _code.StoreScaled(choice.SpareCount, choice.SpareFirst, isRelative);
            TrySlot(end);
            if (!isNext)
            {
                _code.Jump(end);
                return;
            }
        }

        _code.Mark(standby);
        Label nextStandby = _code.NewLabel("next on standby");
        _code.StoreLeft(FlowHash.StandbyCandidates);
        _code.Mark(nextStandby);
        _code.Rehash();
        _code.StoreScaled(choice.StandbyCount, choice.StandbyFirst, isStandbyRelative);
        TrySlot(end);
        _code.JumpWhileLeft(nextStandby);
        _code.Jump(end);
    }

    /// <summary>Selects the slot of the entry on the stack; falls through when it cannot be selected.</summary>
    private void TrySlot(Label none)
    {
        _code.StoreFromTable(_ends.Kernel, none);
        _code.Select(_maps.Seats, Selected);
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
            if (action is SteerAction { By: HashBalancer or WeightedBalancer or ConsistentBalancer, Sticky: null } steer && _tables[position] is { StandbyCount: > 0 } choice &&
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
