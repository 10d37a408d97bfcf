using System.Collections.Immutable;
using System.Runtime.InteropServices;
using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Programs;
using Frame = ReuseportPS.Engine.Policies.PolicyCode.Frame;

namespace ReuseportPS.Engine.Policies;

/// <summary>
/// Makes the program of a valid policy: what it needs of the packet, the rules in order, their actions, the ends. There are no
/// loops, no pointers with variable offsets and no stack that is read before it is written, so that it loads with CAP_BPF alone;
/// and no code that is never reached, which the kernel refuses.
/// </summary>
internal sealed class PolicyProgramEmitter
{
    /// <summary>Prefixes written in a rule that are compared one by one; more are put into a list of their own.</summary>
    private const int MostComparedPrefixes = 8;

    private readonly SteeringPolicy _policy;
    private readonly int _slotCount;
    private readonly PolicyCode _code = new();
    private readonly CounterLayout _counters;
    private readonly PolicyMaps _maps;
    private readonly Needs _needs;
    private readonly List<MapSpec> _tables = [];
    private readonly List<MapSpec> _lists = [];
    private readonly Dictionary<string, int> _listOfName = new(StringComparer.Ordinal);
    private readonly Dictionary<int, int> _tableOfAction = [];
    private readonly Dictionary<(HashKey Key, bool FromTable), List<Choice>> _choices = [];
    private readonly Dictionary<(HashKey Key, bool FromTable), Label> _sharedChoice = [];
    private readonly Dictionary<(PolicyAction Action, IpFamily? Family), Label> _shared = [];
    private readonly HashSet<Label> _used = [];
    private readonly Label _pass;
    private readonly Label _kernel;
    private readonly Label _selected;
    private readonly Label _reject;
    private readonly Label _unreadable;
    private readonly Label _notCovered;
    private readonly Label _missed;
    private readonly Label _missedRule;
    private readonly Label _missedTwice;
    private readonly Label _otherwise;

    public PolicyProgramEmitter(SteeringPolicy policy, int slotCount)
    {
        _policy = policy;
        _slotCount = slotCount;
        _counters = CounterLayout.For(policy, slotCount);
        _needs = Needs.Of(policy);
        (_pass, _kernel, _selected) = (_code.NewLabel("pass"), _code.NewLabel("kernel"), _code.NewLabel("selected"));
        (_reject, _unreadable, _notCovered) = (_code.NewLabel("reject"), _code.NewLabel("unreadable"), _code.NewLabel("not covered"));
        (_missed, _missedRule, _missedTwice) = (_code.NewLabel("missed"), _code.NewLabel("missed in a rule"), _code.NewLabel("missed again"));
        _otherwise = _code.NewLabel("otherwise");
        CollectTables();
        CollectChoices();
        CollectLists();
        _maps = new PolicyMaps(
            Seats: 0,
            Epoch: 1,
            Counters: 2,
            SlotCounters: 3,
            Tables: _tables.Count > 0 ? 4 : -1,
            Lists: _lists.Count == 0 ? -1 : _tables.Count > 0 ? 5 : 4);
    }

    public CompiledPolicy Emit()
    {
        EmitPrologue();
        EmitRules();
        EmitEnds();
        ImmutableArray<MapSpec>.Builder maps = ImmutableArray.CreateBuilder<MapSpec>();
        maps.AddRange(PolicyMapSpecs.Seats, PolicyMapSpecs.Epoch, PolicyMapSpecs.Counters(_counters.ValueSize), PolicyMapSpecs.SlotCounters(_slotCount));
        if (_tables.Count > 0)
        {
            maps.Add(PolicyMapSpecs.Tables(_tables.Count));
        }

        if (_lists.Count > 0)
        {
            maps.Add(PolicyMapSpecs.Lists(_lists.Count));
        }

        ProgramSpec program = new("steer", ProgramType.SkReuseport, AttachType.SkReuseportSelect, _code.Builder.Build(), maps.ToImmutable());
        return new CompiledPolicy(_slotCount, program, _maps, new PolicyBank([.. _tables], [.. _lists]), _counters);
    }

    private Label Use(Label label)
    {
        _used.Add(label);
        return label;
    }

    private void EmitPrologue()
    {
        _code.SaveContext();
        _code.LoadCounters(_maps.Counters, Use(_pass));
        _code.LoadEpoch(_maps.Epoch, CounterLayout.IndexOf(CounterKind.Epoch), keepsBank: _tables.Count + _lists.Count > 0);
        if (_policy.Protocol != PolicyProtocol.Any)
        {
            _code.JumpUnlessProtocol((int)(_policy.Protocol == PolicyProtocol.Tcp ? TransportProtocol.Tcp : TransportProtocol.Udp), Use(_notCovered));
        }

        if (_needs.Ports)
        {
            _code.LoadPorts(Use(_unreadable));
        }

        if (_needs.DestinationKey)
        {
            _code.LoadAddresses((16, 4), (24, 16), Frame.DestinationKey, key: true, Use(_unreadable));
        }

        if (_needs.Destination && !_needs.DestinationKey)
        {
            _code.LoadAddresses((12, 8), (8, 32), Frame.Source, _needs.SourceKey, Use(_unreadable));
        }
        else if (_needs.Source)
        {
            _code.LoadAddresses((12, 4), (8, 16), Frame.Source, _needs.SourceKey, Use(_unreadable));
        }
    }

    private void EmitRules()
    {
        bool reachable = true;
        for (int i = 0; i < _policy.Rules.Count && reachable; i++)
        {
            PolicyRule rule = _policy.Rules[i];
            if (!Families.TryOf(rule.When, out IpFamily? family))
            {
                continue;
            }

            Label next = _code.NewLabel("next rule");
            int before = _code.Builder.Count;
            EmitMatch(rule.When, family, next);
            bool conditional = _code.Builder.Count > before;
            _code.Count(CounterLayout.IndexOfRule(i));
            EmitAction(i, family);
            if (conditional)
            {
                _code.Mark(next);
            }

            reachable = conditional;
        }

        if (reachable)
        {
            _code.Count(CounterLayout.IndexOf(CounterKind.Otherwise));
        }

        if (reachable || _used.Contains(_missedRule))
        {
            _code.Mark(_otherwise);
            EmitBody(_policy.Rules.Count, null);
        }
    }

    private void EmitMatch(PolicyMatch match, IpFamily? family, Label failed)
    {
        if (family == IpFamily.V4)
        {
            _code.JumpUnlessIpv4(failed);
        }
        else if (family == IpFamily.V6)
        {
            _code.JumpIfIpv4(failed);
        }

        if (match.Protocol is TransportProtocol protocol && _policy.Protocol == PolicyProtocol.Any)
        {
            _code.JumpUnlessProtocol((int)protocol, failed);
        }

        EmitPorts(match.SourcePorts, Frame.Ports, failed);
        EmitPorts(match.DestinationPorts, Frame.Ports + 2, failed);
        EmitAddresses(match.Source, isSource: true, family, failed);
        EmitAddresses(match.Destination, isSource: false, family, failed);
    }

    private void EmitPorts(EquatableArray<PortRange> ranges, short at, Label failed)
    {
        if (ranges.Count > 0 && !ranges.Items.Contains(new PortRange(0, ushort.MaxValue)))
        {
            _code.TestPorts(ranges, at, failed);
        }
    }

    private void EmitAddresses(AddressMatch match, bool isSource, IpFamily? family, Label failed)
    {
        if (match.IsAny)
        {
            return;
        }

        int[] lists = [.. ListsOf(match)];
        ImmutableArray<AddressPrefix> compared = IsCompared(match) ? match.Prefixes.Items : [];
        PrefixSet ipv4 = PrefixSet.Of(compared, IpFamily.V4);
        PrefixSet ipv6 = PrefixSet.Of(compared, IpFamily.V6);
        if ((ipv4.TakesAll || family == IpFamily.V6) && (ipv6.TakesAll || family == IpFamily.V4))
        {
            return;
        }

        Label matched = _code.NewLabel("address");
        Label uncompared = lists.Length > 0 ? _code.NewLabel("lists") : failed;
        EmitCompared(ipv4, ipv6, isSource, family, new Outcome(matched, uncompared, FallsThroughOnMatch: lists.Length == 0));
        if (lists.Length > 0)
        {
            _code.Mark(uncompared);
            EmitLists(lists, (short)((isSource ? Frame.Source : Frame.DestinationKey) - 8), matched, failed);
        }

        _code.Mark(matched);
    }

    private void EmitLists(int[] lists, short key, Label matched, Label failed)
    {
        for (int i = 0; i < lists.Length - 1; i++)
        {
            Label next = _code.NewLabel("next list");
            _code.LoadInner(_maps.Lists, _lists.Count, lists[i], next);
            _code.LookupIn(Register.R0, key);
            _code.Builder.JumpIf(JumpOperation.NotEqual, Register.R0, 0, matched).Mark(next);
        }

        _code.LoadInner(_maps.Lists, _lists.Count, lists[^1], failed);
        _code.LookupIn(Register.R0, key);
        _code.Builder.JumpIf(JumpOperation.Equal, Register.R0, 0, failed);
    }

    /// <summary>Compares the address with prefixes one by one. A match that is confined to one family has been tested for it.</summary>
    private void EmitCompared(PrefixSet ipv4, PrefixSet ipv6, bool isSource, IpFamily? family, Outcome outcome)
    {
        if (family == IpFamily.V4 || (family is null && ipv6.TakesAll))
        {
            if (family is null)
            {
                _code.JumpUnlessIpv4(outcome.Matched);
            }

            EmitPrefixes(IpFamily.V4, ipv4, isSource, outcome);
        }
        else if (family == IpFamily.V6 || ipv4.TakesAll)
        {
            if (family is null)
            {
                _code.JumpIfIpv4(outcome.Matched);
            }

            EmitPrefixes(IpFamily.V6, ipv6, isSource, outcome);
        }
        else if (ipv6.Items.IsEmpty)
        {
            if (!ipv4.Items.IsEmpty)
            {
                _code.JumpUnlessIpv4(outcome.Failed);
                EmitPrefixes(IpFamily.V4, ipv4, isSource, outcome);
            }
        }
        else if (ipv4.Items.IsEmpty)
        {
            _code.JumpIfIpv4(outcome.Failed);
            EmitPrefixes(IpFamily.V6, ipv6, isSource, outcome);
        }
        else
        {
            Label other = _code.NewLabel("ipv6");
            _code.JumpUnlessIpv4(other);
            EmitPrefixes(IpFamily.V4, ipv4, isSource, outcome with { FallsThroughOnMatch = false });
            _code.Jump(outcome.Failed);
            _code.Mark(other);
            EmitPrefixes(IpFamily.V6, ipv6, isSource, outcome);
        }
    }

    /// <summary>Falls through either when the last prefix matches (and else jumps), or when none does.</summary>
    private void EmitPrefixes(IpFamily family, PrefixSet prefixes, bool isSource, Outcome outcome)
    {
        short at = isSource ? Frame.Source : DestinationAt(family);
        for (int i = 0; i < prefixes.Items.Length; i++)
        {
            bool fallsThrough = outcome.FallsThroughOnMatch && i == prefixes.Items.Length - 1;
            _code.TestPrefix(prefixes.Items[i], at, fallsThrough ? null : outcome.Matched, outcome.Failed);
        }
    }

    private short DestinationAt(IpFamily family) =>
        _needs.DestinationKey ? Frame.DestinationKey : (short)(Frame.Source + (family == IpFamily.V4 ? 4 : 16));

    private PolicyAction ActionAt(int position) => position < _policy.Rules.Count ? _policy.Rules[position].Action : _policy.Otherwise;

    private void EmitAction(int position, IpFamily? family)
    {
        PolicyAction action = ActionAt(position);

        // Weights are data: equal ones may differ tomorrow, with the same program.
        bool canShare = action is not SteerAction { By: WeightedBalancer };
        if (canShare && _shared.TryGetValue((action, family), out Label? shared))
        {
            _code.Jump(shared);
            return;
        }

        if (canShare)
        {
            Label label = _code.NewLabel("action");
            _shared.Add((action, family), label);
            _code.Mark(label);
        }

        EmitBody(position, family);
    }

    private void EmitBody(int position, IpFamily? family)
    {
        bool isOtherwise = position == _policy.Rules.Count;
        switch (ActionAt(position))
        {
            case RejectAction:
                _code.Jump(Use(_reject));
                break;
            case SteerAction { By: KernelBalancer }:
                _code.Jump(Use(_kernel));
                break;
            case SteerAction { By: SlotBalancer by }:
                EmitFixed(_policy.ResolveSlots(by.Slot).First(), isOtherwise);
                break;
            case SteerAction { By: HashBalancer by }:
                ImmutableArray<int> slots = _policy.ResolveSlots(by.To, _slotCount);
                if (slots.Length == 1)
                {
                    EmitFixed(slots[0], isOtherwise);
                }
                else
                {
                    EmitBalanced(position, ChoiceOf(position, by, slots), family);
                }

                break;
            case SteerAction { By: WeightedBalancer by }:
                EmitBalanced(position, ChoiceOf(by), family);
                break;
        }
    }

    /// <summary>Several actions with one key share the code of hash and candidates, which is long: what they differ in is passed to it.</summary>
    private void EmitBalanced(int position, Choice choice, IpFamily? family)
    {
        if (_tableOfAction.TryGetValue(position, out int table))
        {
            _code.LoadInner(_maps.Tables, _tables.Count, table, Use(_kernel));
            _code.KeepTable();
        }

        bool isOtherwise = position == _policy.Rules.Count;
        List<Choice> alike = isOtherwise ? [choice] : _choices[(choice.Key, choice.FromTable)];
        if (alike.Count == 1)
        {
            EmitChoice(choice.Key, choice.Seed, choice.Count, choice.First, choice.FromTable, family, isOtherwise);
            return;
        }

        uint? seed = alike.All(c => c.Seed == choice.Seed) ? choice.Seed : null;
        int? count = alike.All(c => c.Count == choice.Count) ? choice.Count : null;
        int? first = alike.All(c => c.First == choice.First) ? choice.First : null;
        if (seed is null)
        {
            _code.PassSeed(choice.Seed);
        }

        if (count is null)
        {
            _code.PassCount(choice.Count);
        }

        if (first is null)
        {
            _code.PassFirst(choice.First);
        }

        if (_sharedChoice.TryGetValue((choice.Key, choice.FromTable), out Label? shared))
        {
            _code.Jump(shared);
            return;
        }

        shared = _code.NewLabel("choice");
        _sharedChoice.Add((choice.Key, choice.FromTable), shared);
        _code.Mark(shared);
        EmitChoice(choice.Key, seed, count, first, choice.FromTable, family: null, isOtherwise);
    }

    private void EmitChoice(HashKey key, uint? seed, int? count, int? first, bool fromTable, IpFamily? family, bool isOtherwise)
    {
        EmitHash(key, seed, family);
        EmitCandidates(count, first, fromTable, isOtherwise);
    }

    private void EmitFixed(int slot, bool isOtherwise)
    {
        _code.StoreSlot(slot);
        _code.Select(_maps.Seats, Use(_selected));
        _code.Jump(Missed(isOtherwise));
    }

    private void EmitCandidates(int? count, int? first, bool fromTable, bool isOtherwise)
    {
        int candidates = _policy.OnMiss.Kind == MissKind.Next ? FlowHash.Candidates : 1;
        for (int candidate = 0; candidate < candidates; candidate++)
        {
            if (candidate > 0)
            {
                _code.Count(CounterLayout.IndexOf(CounterKind.Miss));
                _code.Rehash();
            }

            _code.StoreScaled(count, first);
            if (fromTable)
            {
                _code.StoreFromTable(Use(_kernel));
            }

            _code.Select(_maps.Seats, Use(_selected));
        }

        _code.Jump(Missed(isOtherwise));
    }

    /// <summary>Where the last miss of an action leads.</summary>
    private Label Missed(bool isOtherwise) =>
        Use(_policy.OnMiss.Kind != MissKind.Next ? _missed : isOtherwise ? _missedTwice : _missedRule);

    private void EmitHash(HashKey key, uint? seed, IpFamily? family)
    {
        if ((key & (HashKey.Source | HashKey.Destination)) == HashKey.None)
        {
            _code.Hash([.. Words(key, IpFamily.V4)], seed);
            return;
        }

        if (family is not null)
        {
            _code.Hash([.. Words(key, family.Value)], seed);
            return;
        }

        Label other = _code.NewLabel("hash ipv6");
        Label done = _code.NewLabel("hashed");
        _code.JumpUnlessIpv4(other);
        _code.Hash([.. Words(key, IpFamily.V4)], seed);
        _code.Jump(done);
        _code.Mark(other);
        _code.Hash([.. Words(key, IpFamily.V6)], seed);
        _code.Mark(done);
    }

    private IEnumerable<(MemorySize Size, short At)> Words(HashKey key, IpFamily family)
    {
        int perAddress = family == IpFamily.V4 ? 1 : 4;
        for (int i = 0; i < perAddress && key.HasFlag(HashKey.Source); i++)
        {
            yield return (MemorySize.Word, (short)(Frame.Source + (4 * i)));
        }

        for (int i = 0; i < perAddress && key.HasFlag(HashKey.Destination); i++)
        {
            yield return (MemorySize.Word, (short)(DestinationAt(family) + (4 * i)));
        }

        if (key.HasFlag(HashKey.SourcePort) && key.HasFlag(HashKey.DestinationPort))
        {
            yield return (MemorySize.Word, Frame.Ports);
        }
        else if (key.HasFlag(HashKey.SourcePort))
        {
            yield return (MemorySize.HalfWord, Frame.Ports);
        }
        else if (key.HasFlag(HashKey.DestinationPort))
        {
            yield return (MemorySize.HalfWord, Frame.Ports + 2);
        }
    }

    // Each end is there only if something leads to it, in an order in which a label is used before it is put down.
    private void EmitEnds()
    {
        if (_used.Contains(_missed))
        {
            _code.Mark(_missed);
            _code.Count(CounterLayout.IndexOf(CounterKind.Miss));
            switch (_policy.OnMiss.Kind)
            {
                case MissKind.Slot:
                    _code.StoreSlot(_policy.ResolveSlots(_policy.OnMiss.Slot).First());
                    _code.Select(_maps.Seats, Use(_selected));
                    _code.Jump(Use(_missedTwice));
                    break;
                case MissKind.Reject:
                    _code.Jump(Use(_reject));
                    break;
                default:
                    _code.Jump(Use(_kernel));
                    break;
            }
        }

        EmitEnd(_missedRule, CounterKind.Miss, _otherwise);
        EmitEnd(_notCovered, CounterKind.NotCovered, _kernel);
        EmitEnd(_unreadable, CounterKind.Unreadable, _kernel);
        if (_used.Contains(_missedTwice))
        {
            _used.Add(_kernel);
            _code.Mark(_missedTwice);
            _code.Count(CounterLayout.IndexOf(CounterKind.Miss));
        }

        EmitEnd(_kernel, CounterKind.Kernel, _pass);
        if (_used.Contains(_selected))
        {
            _code.Mark(_selected);
            _code.CountSlot(_maps.SlotCounters, _pass);
        }

        _code.Mark(_pass);
        if (!_used.Contains(_selected))
        {
            // The seats live, and a program is known as one of the group, by its reference to them.
            _code.Refer(_maps.Seats);
        }

        _code.Return(pass: true);
        if (_used.Contains(_reject))
        {
            _code.Mark(_reject);
            _code.Count(CounterLayout.IndexOf(CounterKind.Reject));
            _code.Return(pass: false);
        }
    }

    private void EmitEnd(Label label, CounterKind kind, Label then)
    {
        if (_used.Contains(label))
        {
            _code.Mark(label);
            _code.Count(CounterLayout.IndexOf(kind));
            _code.Jump(Use(then));
        }
    }

    /// <summary>Gives each weighted action, and each choice among slots that are no range, its place in a bank.</summary>
    private void CollectTables()
    {
        Dictionary<HashBalancer, int> ofBalancer = [];
        for (int position = 0; position <= _policy.Rules.Count; position++)
        {
            switch (ActionAt(position))
            {
                case SteerAction { By: WeightedBalancer by }:
                    AddTable(position, WeightedTable.Build(_policy, by, _slotCount));
                    break;
                case SteerAction { By: HashBalancer by } when _policy.ResolveSlots(by.To, _slotCount) is var slots && !IsContiguous(slots):
                    if (ofBalancer.TryGetValue(by, out int table))
                    {
                        _tableOfAction.Add(position, table);
                        break;
                    }

                    ofBalancer.Add(by, _tables.Count);
                    AddTable(position, slots);
                    break;
            }
        }

        void AddTable(int position, ImmutableArray<int> values)
        {
            _tableOfAction.Add(position, _tables.Count);
            _tables.Add(PolicyMapSpecs.Table(values));
        }
    }

    /// <summary>Finds the actions of rules that can share code: those that are not the same, which share all of it anyway.</summary>
    private void CollectChoices()
    {
        HashSet<PolicyAction> seen = [];
        for (int position = 0; position < _policy.Rules.Count; position++)
        {
            Choice? choice = ActionAt(position) switch
            {
                SteerAction { By: WeightedBalancer by } => ChoiceOf(by),
                SteerAction { By: HashBalancer by } action when seen.Add(action) && _policy.ResolveSlots(by.To, _slotCount) is { Length: > 1 } slots => ChoiceOf(position, by, slots),
                _ => null,
            };
            if (choice is not null)
            {
                (CollectionsMarshal.GetValueRefOrAddDefault(_choices, (choice.Key, choice.FromTable), out _) ??= []).Add(choice);
            }
        }
    }

    private Choice ChoiceOf(WeightedBalancer by) => new(by.Key, by.Seed, FromTable: true, MaglevTable.SizeFor(_slotCount), First: 0);

    private Choice ChoiceOf(int position, HashBalancer by, ImmutableArray<int> slots) =>
        _tableOfAction.ContainsKey(position) ? new(by.Key, by.Seed, FromTable: true, slots.Length, First: 0) : new(by.Key, by.Seed, FromTable: false, slots.Length, slots[0]);

    private static bool IsContiguous(ImmutableArray<int> slots) => slots[^1] - slots[0] == slots.Length - 1;

    private static bool IsCompared(AddressMatch match) => match.Prefixes.Count <= MostComparedPrefixes;

    /// <summary>Gives each named list that is used, and each long row of prefixes in a rule, its place in a bank.</summary>
    private void CollectLists()
    {
        HashSet<string> used = [.. AddressMatches().SelectMany(m => m.Lists.Items)];
        foreach (AddressList list in _policy.Lists.Items.Where(l => used.Contains(l.Name)))
        {
            _listOfName.Add(list.Name, _lists.Count);
            _lists.Add(PolicyMapSpecs.List(list.Prefixes));
        }

        foreach (AddressMatch match in AddressMatches().Where(m => !IsCompared(m)))
        {
            if (_listOfName.TryAdd(NameOf(match), _lists.Count))
            {
                _lists.Add(PolicyMapSpecs.List(match.Prefixes));
            }
        }
    }

    private IEnumerable<AddressMatch> AddressMatches() => _policy.Rules.Items.SelectMany<PolicyRule, AddressMatch>(r => [r.When.Source, r.When.Destination]);

    private IEnumerable<int> ListsOf(AddressMatch match) =>
        (IsCompared(match) ? match.Lists.Items : match.Lists.Items.Add(NameOf(match))).Distinct().Select(name => _listOfName[name]);

    // No name of a list has a slash or a comma.
    private static string NameOf(AddressMatch match) => string.Join(",", match.Prefixes);

    /// <summary>How a slot is chosen: an entry of a table, or one of a range of slots.</summary>
    private sealed record Choice(HashKey Key, uint Seed, bool FromTable, int Count, int First);

    /// <summary>Where a comparison leads.</summary>
    private sealed record Outcome(Label Matched, Label Failed, bool FallsThroughOnMatch);

    /// <summary>The prefixes of one family among those compared one by one.</summary>
    private readonly record struct PrefixSet(ImmutableArray<AddressPrefix> Items, bool TakesAll)
    {
        public static PrefixSet Of(ImmutableArray<AddressPrefix> prefixes, IpFamily family)
        {
            ImmutableArray<AddressPrefix> items = [.. prefixes.Where(p => p.Family == family)];
            return items.Any(p => p.Length == 0) ? new PrefixSet([], true) : new PrefixSet(items, false);
        }
    }

    /// <summary>Which parts of a packet a policy looks at.</summary>
    private sealed record Needs(bool Ports, bool Source, bool SourceKey, bool Destination, bool DestinationKey)
    {
        public static Needs Of(SteeringPolicy policy)
        {
            HashKey keys = policy.Rules.Items.Select(r => r.Action).Append(policy.Otherwise).Aggregate(HashKey.None, (all, action) => all | KeyOf(action));
            return new Needs(
                Ports: (keys & (HashKey.SourcePort | HashKey.DestinationPort)) != HashKey.None || policy.Rules.Items.Any(r => r.When.SourcePorts.Count + r.When.DestinationPorts.Count > 0),
                Source: keys.HasFlag(HashKey.Source) || policy.Rules.Items.Any(r => !r.When.Source.IsAny),
                SourceKey: policy.Rules.Items.Any(r => UsesTrie(r.When.Source)),
                Destination: keys.HasFlag(HashKey.Destination) || policy.Rules.Items.Any(r => !r.When.Destination.IsAny),
                DestinationKey: policy.Rules.Items.Any(r => UsesTrie(r.When.Destination)));
        }

        private static HashKey KeyOf(PolicyAction action) => action switch
        {
            SteerAction { By: HashBalancer by } => by.Key,
            SteerAction { By: WeightedBalancer by } => by.Key,
            _ => HashKey.None,
        };

        private static bool UsesTrie(AddressMatch match) => match.Lists.Count > 0 || !IsCompared(match);
    }

    /// <summary>Which IP versions a match can take.</summary>
    private static class Families
    {
        /// <summary>False when it can take none; <paramref name="only"/> is the one it is confined to.</summary>
        public static bool TryOf(PolicyMatch match, out IpFamily? only)
        {
            only = null;
            bool ipv4 = Takes(match, IpFamily.V4);
            bool ipv6 = Takes(match, IpFamily.V6);
            if (ipv4 != ipv6)
            {
                only = ipv4 ? IpFamily.V4 : IpFamily.V6;
            }

            return ipv4 || ipv6;
        }

        private static bool Takes(PolicyMatch match, IpFamily family) =>
            (match.Family is null || match.Family == family) && Takes(match.Source, family) && Takes(match.Destination, family);

        // A long row of prefixes is a list in the program, and what is in a list is data.
        private static bool Takes(AddressMatch match, IpFamily family) =>
            match.IsAny || match.Lists.Count > 0 || !IsCompared(match) || match.Prefixes.Items.Any(p => p.Family == family);
    }
}
