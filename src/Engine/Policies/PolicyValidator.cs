using System.Collections.Immutable;
using System.Globalization;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Engine.Policies;

/// <summary>Finds what a policy cannot mean, and what it probably does not mean to.</summary>
public sealed class PolicyValidator
{
    /// <summary>Most prefixes of one list.</summary>
    public const int MostPrefixes = 1_000_000;

    /// <summary>Most rules of a policy: a per-CPU value has at most 32 KiB (PCPU_MIN_UNIT_SIZE), and each rule has 8 bytes of it.</summary>
    public const int MostRules = 4000;

    /// <summary>Most entries of all tables of one bank.</summary>
    public const int MostTableEntries = 1 << 20;

    /// <summary>Most flow tables: each is a map, and a program has at most 64 (MAX_USED_MAPS).</summary>
    public const int MostFlowTables = 32;

    private readonly SteeringPolicy _policy;
    private readonly int? _slotCount;
    private readonly Dictionary<string, NamedSlots> _names = new(StringComparer.Ordinal);
    private readonly DiagnosticBag _diagnostics = new(PolicyDiagnostics.MoreFindings);

    private PolicyValidator(SteeringPolicy policy, int? slotCount) => (_policy, _slotCount) = (policy, slotCount);

    /// <summary>Everything found, errors and warnings, in the order of the policy.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="slotCount">Slots of the group, or null when no group is meant yet: then slots beyond it and shares in tables are not looked at.</param>
    public static ImmutableArray<Diagnostic> Validate(SteeringPolicy policy, int? slotCount = null)
    {
        PolicyValidator validator = new(policy, slotCount);
        validator.CheckSlotNames();
        validator.CheckLists();
        validator.CheckRules();
        validator.CheckAction("otherwise", policy.Otherwise, "'otherwise'");
        validator.CheckFlows("otherwise", policy.Otherwise, PolicyMatch.Everything, "'otherwise'");
        validator.CheckFlowTables();
        if (policy.SampleOneIn is < 1 or > SteeringPolicy.RarestSample)
        {
            validator.Report(PolicyDiagnostics.BadNumber, "observe.sample", "The sample is not one of a number of decisions.");
        }

        validator.CheckMiss();
        validator.CheckKernelChoice();
        validator.CheckTables();
        return validator._diagnostics.ToImmutable();
    }

    private void Report(DiagnosticDefinition definition, string path, string message, string? remedy = null) =>
        _diagnostics.Add(definition.At(_policy.Places.Find(path), message, remedy));

    private void CheckSlotNames()
    {
        Dictionary<int, string> owners = [];
        foreach (NamedSlots named in _policy.Slots)
        {
            string path = $"slots.{named.Name}";
            if (!_names.TryAdd(named.Name, named))
            {
                Report(PolicyDiagnostics.DuplicateName, path, $"Two entries of slots: are named '{named.Name}'.");
                continue;
            }

            if (!PolicyNames.IsName(named.Name))
            {
                Report(PolicyDiagnostics.BadName, path, $"'{named.Name}' cannot name slots.");
            }

            foreach (int slot in CheckSlots(path, named.Slots, $"slot name '{named.Name}'"))
            {
                if (!owners.TryAdd(slot, named.Name))
                {
                    Report(PolicyDiagnostics.OverlappingSlotNames, path, $"Slot {Number(slot)} belongs to '{owners[slot]}' and to '{named.Name}'.");
                    break;
                }
            }
        }
    }

    private void CheckLists()
    {
        HashSet<string> names = new(StringComparer.Ordinal);
        HashSet<string> used = [.. _policy.Rules.Items.SelectMany(r => r.When.All()).SelectMany(m => m.Source.Lists.Items.Concat(m.Destination.Lists.Items))];
        foreach (AddressList list in _policy.Lists)
        {
            string path = $"lists.{list.Name}";
            if (!names.Add(list.Name))
            {
                Report(PolicyDiagnostics.DuplicateName, path, $"Two lists are named '{list.Name}'.");
                continue;
            }

            if (!PolicyNames.IsName(list.Name))
            {
                Report(PolicyDiagnostics.BadName, path, $"'{list.Name}' cannot name a list.");
            }

            if (list.Prefixes.Count > MostPrefixes)
            {
                Report(PolicyDiagnostics.ListTooLarge, path, $"List '{list.Name}' has {Number(list.Prefixes.Count)} prefixes.");
            }

            if (!used.Contains(list.Name))
            {
                Report(PolicyDiagnostics.UnusedList, path, $"No rule uses list '{list.Name}'.");
            }

            CheckPrefixes(path, list.Prefixes, $"list '{list.Name}'");
        }
    }

    private void CheckPrefixes(string path, EquatableArray<AddressPrefix> prefixes, string owner)
    {
        HashSet<AddressPrefix> seen = [];
        for (int i = 0; i < prefixes.Count; i++)
        {
            if (!seen.Add(prefixes[i]))
            {
                Report(PolicyDiagnostics.DuplicatePrefix, Item(path, i), $"{prefixes[i]} stands twice in {owner}.");
            }
        }
    }

    private void CheckRules()
    {
        if (_policy.Rules.Count > MostRules)
        {
            Report(PolicyDiagnostics.TooManyRules, "rules", $"The policy has {Number(_policy.Rules.Count)} rules.");
            return;
        }

        HashSet<string> names = new(StringComparer.Ordinal);
        for (int i = 0; i < _policy.Rules.Count; i++)
        {
            PolicyRule rule = _policy.Rules[i];
            string name = _policy.RuleName(i);
            string path = Item("rules", i);
            if (!names.Add(name))
            {
                Report(PolicyDiagnostics.DuplicateName, $"{path}.name", $"Two rules are named '{name}'.");
            }

            if (!PolicyNames.IsTitle(name))
            {
                Report(PolicyDiagnostics.BadName, $"{path}.name", $"'{name}' cannot name a rule.");
            }

            CheckMatch($"{path}.when", rule.When, name, rule.When.Protocol);
            CheckAction($"{path}.steer", rule.Action, $"rule '{name}'");
            CheckFlows($"{path}.steer", rule.Action, rule.When, $"rule '{name}'");
            for (int earlier = 0; earlier < i; earlier++)
            {
                if (Covers(_policy.Rules[earlier].When, rule.When))
                {
                    Report(PolicyDiagnostics.UnreachableRule, path, $"Rule '{name}' is never reached: rule '{_policy.RuleName(earlier)}' matches all that it matches.");
                    break;
                }
            }
        }
    }

    private void CheckMatch(string path, PolicyMatch match, string rule, TransportProtocol? protocol)
    {
        protocol = match.Protocol ?? protocol;
        bool isTcp = _policy.Protocol == PolicyProtocol.Tcp || protocol == TransportProtocol.Tcp;
        bool isUdp = _policy.Protocol == PolicyProtocol.Udp || protocol == TransportProtocol.Udp;
        if (isTcp && match.WantsPayload)
        {
            string key = match.Bytes.Count > 0 ? "bytes" : "length";
            Report(
                PolicyDiagnostics.Contradiction, $"{path}.{key}", $"Rule '{rule}' matches '{key}', which only datagrams have, and is for tcp.",
                "Connections are decided on the SYN, which carries no data. Match addresses or ports instead.");
        }

        if (match.TcpFlags.Count > 0 && (isUdp || match.WantsPayload))
        {
            Report(PolicyDiagnostics.Contradiction, $"{path}.tcp-flags", $"Rule '{rule}' matches 'tcp-flags', and is for udp.", "Remove 'tcp-flags'.");
        }

        if (match.Migrating == true && (isUdp || match.WantsPayload || match.TcpFlags.Count > 0))
        {
            Report(PolicyDiagnostics.Contradiction, $"{path}.migrating", $"Rule '{rule}' matches connections whose listener stopped, of which there is no packet to look into.", "Remove 'migrating', or what looks into packets.");
        }

        if (match.Migrating == true && !_policy.Migrates)
        {
            Report(PolicyDiagnostics.NeverMatches, $"{path}.migrating", $"Rule '{rule}' matches connections whose listener stopped, and 'migrate' is off.", "Write 'migrate: policy'.");
        }

        CheckBytes($"{path}.bytes", match.Bytes, rule);
        CheckInner($"{path}.not", match.Not);
        CheckInner($"{path}.any-of", match.AnyOf);

        void CheckInner(string place, EquatableArray<PolicyMatch> inner)
        {
            for (int i = 0; i < inner.Count; i++)
            {
                CheckMatch(_policy.Places.Has(Item(place, i)) ? Item(place, i) : place, inner[i], rule, protocol);
            }
        }

        if ((match.Protocol, _policy.Protocol) is (TransportProtocol.Tcp, PolicyProtocol.Udp) or (TransportProtocol.Udp, PolicyProtocol.Tcp))
        {
            Report(
                PolicyDiagnostics.Contradiction, $"{path}.protocol",
                $"Rule '{rule}' matches {PolicyWords.Of(match.Protocol.Value)}, and the policy decides {PolicyWords.Of(_policy.Protocol)} only.");
        }

        CheckAddresses($"{path}.source", match.Source, match.Family, rule);
        CheckAddresses($"{path}.destination", match.Destination, match.Family, rule);
    }

    private void CheckBytes(string path, EquatableArray<BytesTest> tests, string rule)
    {
        foreach (BytesTest test in tests)
        {
            if (test.Values.Items.Any(v => v.Length != test.Length) || test.Length is < 1 or > ByteString.Longest || test.At is < 0 or > BytesTest.HighestOffset)
            {
                Report(PolicyDiagnostics.BadMatchValue, path, $"The mask and the values of 'bytes' in rule '{rule}' are not of one length.", "Write two digits for each byte, leading zeros too.");
            }
            else if (test.Values.Items.FirstOrDefault(v => (v.Value & ~test.Mask.Value) != 0) is { Length: > 0 } value)
            {
                Report(PolicyDiagnostics.BadMatchValue, path, $"{value} in rule '{rule}' has bits that the mask {test.Mask} takes away: it can never be equal.", "Clear these bits, or widen the mask.");
            }
        }
    }

    private void CheckAddresses(string path, AddressMatch match, IpFamily? family, string rule)
    {
        foreach (string list in match.Lists)
        {
            if (!_policy.Lists.Items.Any(l => l.Name == list))
            {
                Report(PolicyDiagnostics.UnknownList, path, $"Rule '{rule}' uses list '{list}', which is not defined.", Meant(list, _policy.Lists.Items.Select(l => l.Name)));
            }
        }

        CheckPrefixes(path, match.Prefixes, $"rule '{rule}'");
        if (family is IpFamily wanted && match.Lists.Count == 0 && match.Prefixes.Count > 0 && match.Prefixes.Items.All(p => p.Family != wanted))
        {
            Report(PolicyDiagnostics.NeverMatches, path, $"Rule '{rule}' matches {PolicyWords.Of(wanted)} and gives no address of it.");
        }
    }

    private void CheckAction(string path, PolicyAction action, string owner)
    {
        switch (action)
        {
            case SteerAction { By: SlotBalancer by }:
                CheckOneSlot($"{path}.slot", by.Slot, owner);
                break;
            case SteerAction { By: HashBalancer by }:
                CheckSlots($"{path}.to", by.To, owner);
                CheckKey(path, by.Key, owner);
                break;
            case SteerAction { By: WeightedBalancer by }:
                CheckKey(path, by.Key, owner);
                CheckWeights(path, by, owner);
                break;
            case SteerAction { By: ConsistentBalancer by }:
                CheckKey(path, by.Key, owner);
                CheckConsistent(path, by, owner);
                break;
            case SteerAction { By: CpuBalancer by }:
                CheckSlots($"{path}.to", by.To, owner);
                CheckCpus($"{path}.cpus", by.Cpus, owner);
                break;
            case SteerAction { By: NumaBalancer by }:
                CheckKey(path, by.Key, owner);
                CheckNodes($"{path}.nodes", by.Nodes, owner);
                break;
            case SteerAction { By: RoundRobinBalancer by }:
                CheckSlots($"{path}.to", by.To, owner);
                break;
            case SteerAction { By: RandomBalancer by }:
                CheckSlots($"{path}.to", by.To, owner);
                break;
            case SteerAction { By: ChainBalancer by }:
                if (by.To.Count == 0)
                {
                    Report(PolicyDiagnostics.EmptyList, $"{path}.to", $"The chain of {owner} has no slot.");
                }
                else if (CheckSlots($"{path}.to", by.To, owner) is { Count: > ChainBalancer.MostSlots } chain)
                {
                    Report(PolicyDiagnostics.BadNumber, $"{path}.to", $"The chain of {owner} has {Number(chain.Count)} slots; {Number(ChainBalancer.MostSlots)} are the most.");
                }

                break;
            case SteerAction { By: LeastLoadedBalancer by }:
                CheckSlots($"{path}.to", by.To, owner);
                CheckKey(path, by.Key, owner);
                if (by.Stale <= TimeSpan.Zero || by.Stale > LeastLoadedBalancer.LongestStale)
                {
                    Report(PolicyDiagnostics.BadDuration, $"{path}.stale", $"'stale' of {owner} is {DurationText.Write(by.Stale)}; {DurationText.Write(LeastLoadedBalancer.LongestStale)} is the longest.");
                }

                break;
            case SteerAction { By: GenerationBalancer by }:
                CheckKey(path, by.Key, owner);
                if (by.Generations.Count == 0)
                {
                    Report(PolicyDiagnostics.EmptyList, $"{path}.generations", $"The generations of {owner} are none.");
                }

                CheckSlots($"{path}.generations", by.Generations, owner);
                break;
            case SteerAction { By: ConnectionIdBalancer by }:
                CheckKey(path, by.Key, owner);
                CheckSlots($"{path}.new", by.New, owner);
                CheckSlots($"{path}.old", by.Old, owner);
                CheckLayout(path, by, owner);
                break;
        }
    }

    /// <summary>What hangs on the protocol of an action's packets.</summary>
    private void CheckFlows(string path, PolicyAction action, PolicyMatch match, string owner)
    {
        if (action is not SteerAction steer)
        {
            return;
        }

        bool isTcp = _policy.Protocol == PolicyProtocol.Tcp || match.Protocol == TransportProtocol.Tcp || match.TcpFlags.Count > 0;
        if (steer.By is ConnectionIdBalancer && isTcp)
        {
            Report(PolicyDiagnostics.Contradiction, $"{path}.by", $"In {owner}, which is for tcp, 'by: connection-id' looks for what only datagrams carry.", "Use it for udp.");
        }

        if (steer.By is GenerationBalancer && isTcp != steer.Sticky is null)
        {
            Report(PolicyDiagnostics.GenerationNeedsTable, path, $"'by: generation' in {owner} is for {(isTcp ? "tcp and has" : "udp too and has no")} 'sticky'.");
        }

        if (steer.Sticky is StickyFlows sticky)
        {
            if (sticky.Entries is < 1 or > StickyFlows.MostEntries || steer.By is KernelBalancer)
            {
                Report(PolicyDiagnostics.BadFlowTable, $"{path}.sticky", $"The flow table of {owner} cannot be.");
            }

            if (sticky.Idle <= TimeSpan.Zero || sticky.Idle > StickyFlows.LongestIdle)
            {
                Report(PolicyDiagnostics.BadDuration, $"{path}.sticky.idle", $"'idle' of {owner} is {DurationText.Write(sticky.Idle)}; {DurationText.Write(StickyFlows.LongestIdle)} is the longest.");
            }

            return;
        }

        // Datagrams of one flow would go to several workers.
        if (steer.By.Scatters && !isTcp)
        {
            bool hasIds = Actions().Any(a => a.Action is SteerAction { By: ConnectionIdBalancer });
            Report(
                hasIds ? PolicyDiagnostics.IdsScatter : PolicyDiagnostics.ScattersFlows, path,
                $"With 'by: {PolicyWords.Of(steer.By)}' in {owner} the datagrams of one flow go to several slots{(hasIds ? ", beside a choice by connection id" : "")}.");
        }
    }

    private void CheckFlowTables()
    {
        int tables = Actions().Count(a => a.Action is SteerAction { Sticky: not null });
        if (tables > MostFlowTables)
        {
            Report(PolicyDiagnostics.BadFlowTable, "rules", $"The policy has {Number(tables)} flow tables; {Number(MostFlowTables)} are the most.");
        }
    }

    private void CheckLayout(string path, ConnectionIdBalancer by, string owner)
    {
        bool isPrefix = by.Layout is PrefixLayout;
        if (by.Length is < 1 or > ConnectionIdBalancer.LongestId || (!isPrefix && by.Layout.From + by.Layout.Size > by.Length))
        {
            Report(PolicyDiagnostics.BadIdLayout, $"{path}.length", $"What the layout of {owner} looks at is not within its ids of {Number(by.Length)} bytes.", "Correct 'at', 'bits' or 'length'.");
        }

        switch (by.Layout)
        {
            case WorkerLayout layout:
                CheckSlots($"{path}.to", layout.To, owner);
                CheckField($"{path}.worker", layout.Worker);
                break;
            case ModuloLayout layout:
                CheckSlots($"{path}.to", layout.To, owner);
                CheckField($"{path}.modulo", layout.Number);
                break;
            case GenerationLayout layout:
                CheckField($"{path}.worker", layout.Worker);
                if (layout.Generation.Bits is < 1 or > GenerationLayout.MostBits || layout.Generations.Count == 0 ||
                    layout.Generations.Items.Any(g => g.Number < 0 || g.Number >> layout.Generation.Bits != 0 || g.Slots.Count == 0) ||
                    layout.Generations.Items.Select(g => g.Number).Distinct().Count() != layout.Generations.Count)
                {
                    Report(PolicyDiagnostics.BadIdLayout, $"{path}.generations", $"The generations of {owner} must have numbers of 1 to {Number(GenerationLayout.MostBits)} bits, each once, and slots.", "Correct 'bits', or the numbers.");
                }

                foreach (NumberedSlots generation in layout.Generations)
                {
                    CheckSlots($"{path}.generations.{Number(generation.Number)}", generation.Slots, owner);
                }

                break;
            case PrefixLayout layout:
                CheckPrefixes(layout);
                break;
        }

        void CheckField(string place, IdField field)
        {
            if (field.At < 0 || field.Bits is < 1 or > 32)
            {
                Report(PolicyDiagnostics.BadIdLayout, place, $"A number in the ids of {owner} has 1 to 32 bits.", "Correct 'bits'.");
            }
        }

        void CheckPrefixes(PrefixLayout layout)
        {
            if (layout.Prefixes.Count == 0 || layout.Config is < 0 or > PrefixLayout.HighestConfig)
            {
                Report(PolicyDiagnostics.BadIdLayout, path, $"The layout of {owner} names no slot, or no configuration of QUIC-LB.", "Name the slots of the ids.");
            }

            HashSet<ByteString> seen = [];
            string list = $"{path}.{(layout.Config is null ? "prefixes" : "server-ids.ids")}";
            foreach (IdPrefix prefix in layout.Prefixes)
            {
                string place = $"{list}.{prefix.Prefix}";
                CheckOneSlot(place, prefix.Slot, owner);
                if (prefix.Prefix.Length + (layout.Config is null ? 0 : 1) > by.Length || !seen.Add(prefix.Prefix))
                {
                    Report(PolicyDiagnostics.BadIdLayout, place, $"{prefix.Prefix} in {owner} is longer than the ids, or there twice.", "Remove it, or correct 'length'.");
                }
            }
        }
    }

    private void CheckKey(string path, HashKey key, string owner)
    {
        if (key == HashKey.None)
        {
            Report(PolicyDiagnostics.EmptyList, $"{path}.key", $"The key of {owner} has no field.");
        }
    }

    private void CheckConsistent(string path, ConsistentBalancer by, string owner)
    {
        List<int> slots = CheckSlots($"{path}.to", by.To, owner);
        int most = by.To.Count > 0 ? slots.Count : _slotCount ?? 1;
        if (by.TableSize is int size && (!IsPrime(size) || size > ConsistentBalancer.LargestTable || size < most))
        {
            Report(
                PolicyDiagnostics.BadTableSize, $"{path}.table-size",
                $"The table of {owner} has {Number(size)} entries, which is {(size < most ? $"less than one for each of its {Number(most)} slots" : "not a prime")}.");
        }
    }

    private static bool IsPrime(int number)
    {
        for (int divisor = 2; (long)divisor * divisor <= number; divisor++)
        {
            if (number % divisor == 0)
            {
                return false;
            }
        }

        return number > 1;
    }

    private void CheckCpus(string path, EquatableArray<CpuSlot> cpus, string owner)
    {
        for (int i = 0; i < cpus.Count; i++)
        {
            string place = $"{path}.{cpus[i].Cpus}";
            CheckOneSlot(place, cpus[i].Slot, owner);
            if (cpus.Items.Take(i).Any(other => other.Cpus.First <= cpus[i].Cpus.Last && cpus[i].Cpus.First <= other.Cpus.Last))
            {
                Report(PolicyDiagnostics.SlotTwice, place, $"A CPU of {cpus[i].Cpus} has two slots in {owner}.", "Name each CPU once.");
            }
        }
    }

    private void CheckNodes(string path, EquatableArray<NumberedSlots> nodes, string owner)
    {
        if (nodes.Count == 0)
        {
            Report(PolicyDiagnostics.EmptyList, path, $"The nodes of {owner} are none.");
        }

        HashSet<int> seen = [];
        foreach (NumberedSlots node in nodes)
        {
            string place = $"{path}.{Number(node.Number)}";
            if (node.Number is < 0 or >= NumaBalancer.NodeCount || !seen.Add(node.Number) || node.Slots.Count == 0)
            {
                Report(PolicyDiagnostics.BadNumber, place, $"Node {Number(node.Number)} of {owner} is above {Number(NumaBalancer.NodeCount - 1)}, is there twice, or has no slots.");
            }

            CheckSlots(place, node.Slots, owner);
        }
    }

    private void CheckMiss()
    {
        if (_policy.OnMiss.Kind == MissKind.Slot)
        {
            CheckOneSlot("on-miss.slot", _policy.OnMiss.Slot, "'on-miss'");
        }
    }

    private void CheckOneSlot(string path, SlotItem item, string owner)
    {
        List<int> slots = CheckSlots(path, [item], owner);
        if (slots.Count > 1)
        {
            Report(PolicyDiagnostics.OneSlotWanted, path, $"'{item}' of {owner} is {Number(slots.Count)} slots.");
        }
    }

    private void CheckWeights(string path, WeightedBalancer balancer, string owner)
    {
        List<int> allowed = CheckSlots($"{path}.to", balancer.To, owner);
        Dictionary<int, int> weights = [];
        path = $"{path}.weights";
        foreach (SlotWeight weight in balancer.Weights)
        {
            string place = $"{path}.{weight.Slots}";
            List<int> slots = CheckSlots(place, [weight.Slots], owner);
            if (weight.Weight is < 0 or > SlotWeight.Highest)
            {
                Report(PolicyDiagnostics.BadNumber, place, $"The weight of '{weight.Slots}' in {owner} is {Number(weight.Weight)}; it must be from 0 to {Number(SlotWeight.Highest)}.");
            }

            if (slots.Count > 1 && weight.Weight > 0)
            {
                Report(
                    PolicyDiagnostics.WeightOfSeveral, place,
                    $"Each of the {Number(slots.Count)} slots of '{weight.Slots}' has weight {Number(weight.Weight)} in {owner}: together {Number((long)slots.Count * weight.Weight)}.");
            }

            foreach (int slot in slots)
            {
                if (!weights.TryAdd(slot, weight.Weight))
                {
                    Report(PolicyDiagnostics.SlotTwice, place, $"Slot {Number(slot)} has two weights in {owner}.");
                    return;
                }

                if (balancer.To.Count > 0 && !allowed.Contains(slot))
                {
                    Report(PolicyDiagnostics.WeightOutsideTo, place, $"Slot {Number(slot)} has a weight in {owner} and is not in its to:.");
                }
            }
        }

        if (weights.Values.All(w => w == 0))
        {
            Report(PolicyDiagnostics.WeightsAllZero, path, $"No slot has a weight above 0 in {owner}.");
            return;
        }

        foreach (int slot in allowed.Where(s => !weights.ContainsKey(s)))
        {
            Report(PolicyDiagnostics.SlotWithoutWeight, path, $"Slot {Number(slot)} of to: has no weight in {owner} and gets nothing.");
        }

        CheckShares(path, weights, owner);
    }

    private void CheckShares(string path, Dictionary<int, int> weights, string owner)
    {
        if (_slotCount is not int slotCount || weights.Any(w => w.Key >= slotCount || w.Value < 0))
        {
            return;
        }

        int[] all = [.. Enumerable.Range(0, slotCount).Select(s => weights.GetValueOrDefault(s))];
        int size = MaglevTable.SizeFor(slotCount);
        int[] quotas = MaglevTable.Quotas(all, size);
        long total = all.Sum(w => (long)w);
        int worst = Enumerable.Range(0, slotCount).MaxBy(s => Error(s));
        if (Error(worst) > 0.1)
        {
            Report(
                PolicyDiagnostics.WeightsTooFine, path,
                $"Slot {Number(worst)} should have {Percent((double)all[worst] / total)} in {owner} and gets {Percent((double)quotas[worst] / size)}: the table has {Number(size)} entries.");
        }

        double Error(int slot) => all[slot] == 0 ? 0 : Math.Abs(((double)quotas[slot] * total / ((double)all[slot] * size)) - 1);
    }

    private void CheckTables()
    {
        if (_slotCount is int slotCount && !_diagnostics.HasErrors && new SlotTables(_policy, slotCount, SlotStates.AllActive).Count is > MostTableEntries and long entries)
        {
            Report(PolicyDiagnostics.TablesTooLarge, "rules", $"The tables of the policy need {Number(entries)} entries for {Number(slotCount)} slots.");
        }
    }

    private void CheckKernelChoice()
    {
        bool choosesSome = Actions().Any(a => ChoosesSome(a.Action));
        if (!choosesSome)
        {
            return;
        }

        foreach ((string path, PolicyAction action, string owner) in Actions())
        {
            if (action is SteerAction { By: KernelBalancer })
            {
                Report(PolicyDiagnostics.KernelChoosesAmongAll, path, $"In {owner} the kernel chooses among all members of the group, whatever the rest of the policy gives them.");
            }
        }
    }

    private static bool ChoosesSome(PolicyAction action) => action is SteerAction
    {
        By: not (KernelBalancer or HashBalancer { To.Count: 0 } or ConsistentBalancer { To.Count: 0 } or CpuBalancer { To.Count: 0 } or RoundRobinBalancer { To.Count: 0 } or RandomBalancer { To.Count: 0 } or LeastLoadedBalancer { To.Count: 0 }),
    };

    private IEnumerable<(string Path, PolicyAction Action, string Owner)> Actions() =>
        _policy.Rules.Items.Select((rule, i) => ($"{Item("rules", i)}.steer", rule.Action, $"rule '{_policy.RuleName(i)}'"))
            .Append(("otherwise", _policy.Otherwise, "'otherwise'"));

    /// <summary>Checks items and returns their slots, those that can be known.</summary>
    private List<int> CheckSlots(string path, EquatableArray<SlotItem> items, string owner)
    {
        List<int> slots = [];
        HashSet<int> seen = [];
        foreach (SlotItem item in items)
        {
            if (item.Name is not null && !_names.ContainsKey(item.Name))
            {
                Report(PolicyDiagnostics.UnknownSlotName, path, $"'{item.Name}' in {owner} names no slots.", Meant(item.Name, _names.Keys));
                continue;
            }

            if (item.First < 0 || item.Last > SlotItem.HighestSlot || item.Last < item.First)
            {
                Report(PolicyDiagnostics.BadSlot, path, $"'{item}' in {owner} is not a slot or a range of slots.");
                continue;
            }

            foreach (int slot in item.Name is null ? _policy.ResolveSlots(item) : _names[item.Name].Slots.Items.SelectMany(_policy.ResolveSlots))
            {
                if (!seen.Add(slot))
                {
                    Report(PolicyDiagnostics.SlotTwice, path, $"Slot {Number(slot)} stands twice in {owner}.");
                    break;
                }

                slots.Add(slot);
            }
        }

        if (_slotCount is int count && slots.Count > 0 && slots.Max() >= count)
        {
            Report(
                PolicyDiagnostics.SlotBeyondGroup, path,
                $"Slot {Number(slots.Max())} of {owner} does not exist: the group has {Number(count)} {(count == 1 ? "slot, 0" : $"slots, 0 to {Number(count - 1)}")}.");
        }

        return slots;
    }

    /// <summary>Whether an earlier match takes every packet that a later one takes. Lists are data, so a list covers only itself.</summary>
    private static bool Covers(PolicyMatch earlier, PolicyMatch later) =>
        earlier == later || (IsOfHeaders(earlier) && CoversHeaders(earlier, later));

    private static bool CoversHeaders(PolicyMatch earlier, PolicyMatch later) =>
        (earlier.Family is null || earlier.Family == later.Family || OnlyOf(later, earlier.Family.Value)) &&
        (earlier.Protocol is null || earlier.Protocol == later.Protocol) &&
        Covers(earlier.SourcePorts, later.SourcePorts) && Covers(earlier.DestinationPorts, later.DestinationPorts) &&
        Covers(earlier.Source, later.Source) && Covers(earlier.Destination, later.Destination);

    /// <summary>Whether it looks at addresses, ports, family and protocol alone.</summary>
    private static bool IsOfHeaders(PolicyMatch match) =>
        match.TcpFlags.Count + match.Cpus.Count + match.NumaNodes.Count + match.Lengths.Count + match.Bytes.Count + match.Not.Count + match.AnyOf.Count == 0 && match.Fraction is null && match.Migrating is null;

    private static bool OnlyOf(PolicyMatch match, IpFamily family) => OnlyOf(match.Source, family) || OnlyOf(match.Destination, family);

    private static bool OnlyOf(AddressMatch match, IpFamily family) =>
        match.Lists.Count == 0 && match.Prefixes.Count > 0 && match.Prefixes.Items.All(p => p.Family == family);

    private static bool Covers(EquatableArray<PortRange> earlier, EquatableArray<PortRange> later) =>
        earlier.Count == 0 || (later.Count > 0 && later.Items.All(l => earlier.Items.Any(e => e.Contains(l))));

    private static bool Covers(AddressMatch earlier, AddressMatch later) =>
        earlier.IsAny ||
        (!later.IsAny && later.Lists.Items.All(l => earlier.Lists.Items.Contains(l)) &&
         later.Prefixes.Items.All(l => earlier.Prefixes.Items.Any(e => e.Contains(l))));

    private static string? Meant(string word, IEnumerable<string> candidates) =>
        Spelling.Closest(word, candidates) is string meant ? $"Did you mean '{meant}'?" : null;

    private static string Item(string path, int index) => string.Create(CultureInfo.InvariantCulture, $"{path}[{index}]");

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Percent(double share) => (share * 100).ToString("0.####", CultureInfo.InvariantCulture) + " %";
}
