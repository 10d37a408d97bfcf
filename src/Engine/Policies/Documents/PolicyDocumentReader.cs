using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Policies.Documents;

/// <summary>Gives a document the meaning of a policy, and reports all that it cannot.</summary>
internal sealed class PolicyDocumentReader
{
    internal const int HighestCpu = 8191;
    internal const int HighestNode = 1023;

    private readonly Dictionary<string, SourceLocation> _places = new(StringComparer.Ordinal);

    private delegate bool Parser<T>(string text, out T value, out Diagnostic? problem);

    public DiagnosticBag Diagnostics { get; } = new(PolicyDiagnostics.MoreFindings);

    public SteeringPolicy? ReadPolicy(DocumentNode root)
    {
        if (Fields(root, "", "a policy", PolicyWords.PolicyKeys) is not { } fields)
        {
            return null;
        }

        if (fields.TryGetValue("version", out DocumentNode? version) && Integer(version, "version", 0, uint.MaxValue) is uint number and not SteeringPolicy.LanguageVersion)
        {
            Report(PolicyDiagnostics.UnknownVersion, version, $"Version {Show(number)} of the policy language is not known.");
        }

        if (fields.TryGetValue("unseated", out DocumentNode? unseated) && Choice(unseated, "unseated", PolicyWords.Unseated))
        {
            Report(PolicyDiagnostics.UnseatedByKernel, unseated, "No program can give traffic to members without a seat.");
        }

        SteeringPolicy policy = new()
        {
            Name = fields.TryGetValue("policy", out DocumentNode? name) ? Title(name, "policy") : SteeringPolicy.Unnamed,
            Protocol = fields.TryGetValue("protocol", out DocumentNode? protocol) ? Choice(protocol, "protocol", PolicyWords.Protocols) : default,
            Slots = ReadEntries(fields, "slots", ReadNamedSlots),
            Lists = ReadEntries(fields, "lists", ReadList),
            Rules = ReadRules(fields),
            Otherwise = ReadOtherwise(root, fields),
            OnMiss = fields.TryGetValue("on-miss", out DocumentNode? miss) ? ReadMiss(miss) : MissAction.Next,
            Migrates = fields.TryGetValue("migrate", out DocumentNode? migrate) && Choice(migrate, "migrate", PolicyWords.Migrations),
            SampleOneIn = fields.TryGetValue("observe", out DocumentNode? observe) ? ReadObserve(observe) : null,
        };
        return policy with { Places = new PolicyPlaces(_places) };
    }

    private EquatableArray<T> ReadEntries<T>(Dictionary<string, DocumentNode> fields, string key, Func<string, DocumentEntry, T?> read)
        where T : class, IEquatable<T>
    {
        if (!fields.TryGetValue(key, out DocumentNode? node) || Entries(node, key, $"'{key}'") is not { } entries)
        {
            return [];
        }

        return entries.Select(entry => read($"{key}.{entry.Key.Text}", entry)).OfType<T>().ToEquatableArray();
    }

    private NamedSlots? ReadNamedSlots(string path, DocumentEntry entry)
    {
        EquatableArray<SlotItem> items = Values<SlotItem>(entry.Value, path, $"slots '{entry.Key.Text}'", "a slot or a range of slots", SlotItem.TryParse);
        foreach (SlotItem item in items)
        {
            if (item.Name is not null)
            {
                Report(PolicyDiagnostics.BadSlot, entry.Value, $"'{item.Name}' in slots '{entry.Key.Text}' is a name; a name of slots does not refer to another.", "Write the numbers.");
                return null;
            }
        }

        return CheckName(entry.Key) ? new NamedSlots(entry.Key.Text, items) : null;
    }

    private AddressList? ReadList(string path, DocumentEntry entry) =>
        CheckName(entry.Key)
            ? new AddressList(entry.Key.Text, Values<AddressPrefix>(entry.Value, path, $"list '{entry.Key.Text}'", "an address prefix", AddressPrefix.TryParse, mayBeEmpty: true))
            : null;

    private bool CheckName(DocumentScalar key)
    {
        bool good = PolicyNames.IsName(key.Text);
        if (!good)
        {
            Report(PolicyDiagnostics.BadName, key, $"{key.Kind} is not a name.", "Begin with a letter and go on with letters, digits, dots, dashes and underscores.");
        }

        return good;
    }

    private EquatableArray<PolicyRule> ReadRules(Dictionary<string, DocumentNode> fields)
    {
        if (!fields.TryGetValue("rules", out DocumentNode? node))
        {
            return [];
        }

        if (node is not DocumentList list)
        {
            WrongType(node, "'rules'", "a list of rules");
            return [];
        }

        return list.Items.Select((item, i) => ReadRule(item, string.Create(CultureInfo.InvariantCulture, $"rules[{i}]"))).OfType<PolicyRule>().ToEquatableArray();
    }

    private PolicyRule? ReadRule(DocumentNode node, string path)
    {
        if (Fields(node, path, "a rule", PolicyWords.RuleKeys) is not { } fields)
        {
            return null;
        }

        string? name = fields.TryGetValue("name", out DocumentNode? nameNode) ? Title(nameNode, $"{path}.name") : null;
        PolicyMatch match = PolicyMatch.Everything;
        if (fields.TryGetValue("when", out DocumentNode? when))
        {
            match = ReadMatch(when, $"{path}.when", "'when'");
        }
        else
        {
            Missing(node, "a rule", "when", "Say what the rule matches; what no rule matches goes to 'otherwise'.");
        }

        PolicyAction? action = null;
        bool rejects = fields.TryGetValue("reject", out DocumentNode? reject);
        if (fields.TryGetValue("steer", out DocumentNode? steer))
        {
            action = ReadAction(steer, $"{path}.steer", "'steer'", PolicyWords.ActionKeys);
            if (rejects)
            {
                Report(PolicyDiagnostics.NotUsedHere, reject!, "A rule has both 'steer' and 'reject'.", "Keep one of them.");
            }
        }
        else if (rejects)
        {
            action = ReadReject(reject!);
        }
        else
        {
            Missing(node, "a rule", "steer", "Add 'steer:' or 'reject: true'.");
        }

        return action is null ? null : new PolicyRule(name, match, action);
    }

    private PolicyMatch ReadMatch(DocumentNode node, string path, string what)
    {
        if (Fields(node, path, what, PolicyWords.MatchKeys) is not { } fields)
        {
            return PolicyMatch.Everything;
        }

        if (node is DocumentMap { Entries.Length: 0 })
        {
            Report(PolicyDiagnostics.MissingKey, node, $"{what} is empty.", "Say what the rule matches; what no rule matches goes to 'otherwise'.");
        }

        return new PolicyMatch
        {
            Source = Addresses("source"),
            Destination = Addresses("destination"),
            SourcePorts = Ports("source-port"),
            DestinationPorts = Ports("destination-port"),
            Protocol = AnyOf("protocol", PolicyWords.TransportProtocols),
            Family = AnyOf("family", PolicyWords.Families),
            TcpFlags = fields.TryGetValue("tcp-flags", out DocumentNode? flags)
                ? Values<TcpFlagsTest>(flags, $"{path}.tcp-flags", "'tcp-flags'", "flags", TcpFlagsTest.TryParse)
                : [],
            Cpus = Ranges("cpu", HighestCpu),
            NumaNodes = Ranges("numa-node", HighestNode),
            Lengths = Ranges("length", ushort.MaxValue),
            Bytes = Each("bytes", ReadBytes),
            Migrating = AnyOf("migrating", PolicyWords.Truths),
            Fraction = fields.TryGetValue("fraction", out DocumentNode? fraction) && Value(fraction, "'fraction'", "a percentage", FlowFraction.TryParse, out FlowFraction share)
                ? share
                : null,
            Not = Each("not", (item, place) => ReadMatch(item, place, "'not'")),
            AnyOf = Each("any-of", (item, place) => ReadMatch(item, place, "an item of 'any-of'")),
        };

        EquatableArray<NumberRange> Ranges(string key, int highest) => fields.TryGetValue(key, out DocumentNode? value) ? ReadRanges(value, $"{path}.{key}", key, highest) : [];

        EquatableArray<T> Each<T>(string key, Func<DocumentNode, string, T?> read)
            where T : class, IEquatable<T> =>
            fields.TryGetValue(key, out DocumentNode? value)
                ? Items(value, $"{path}.{key}", $"'{key}'")
                    .Select((item, i) => read(item, value is DocumentList ? string.Create(CultureInfo.InvariantCulture, $"{path}.{key}[{i}]") : $"{path}.{key}"))
                    .OfType<T>().ToEquatableArray()
                : [];

        AddressMatch Addresses(string key)
        {
            if (!fields.TryGetValue(key, out DocumentNode? value))
            {
                return AddressMatch.Any;
            }

            EquatableArray<AddressOrList> items = Values<AddressOrList>(value, $"{path}.{key}", $"'{key}'", "an address prefix or the name of a list", AddressOrList.TryParse);
            return new AddressMatch(
                items.Items.Where(i => i.List is null).Select(i => i.Prefix).ToEquatableArray(),
                items.Items.Select(i => i.List).OfType<string>().ToEquatableArray());
        }

        EquatableArray<PortRange> Ports(string key) =>
            fields.TryGetValue(key, out DocumentNode? value)
                ? Values<PortRange>(value, $"{path}.{key}", $"'{key}'", "a port or a range of ports", PortRange.TryParse)
                : [];

        // Each of these has two words, and both together are no condition.
        T? AnyOf<T>(string key, FrozenDictionary<string, T> words)
            where T : struct
        {
            if (!fields.TryGetValue(key, out DocumentNode? value))
            {
                return null;
            }

            HashSet<T> chosen = [.. Items(value, $"{path}.{key}", $"'{key}'").Select(item => Choice(item, key, words))];
            return chosen.Count == 1 ? chosen.First() : null;
        }
    }

    private EquatableArray<NumberRange> ReadRanges(DocumentNode node, string path, string key, int highest)
    {
        return Values<NumberRange>(node, path, $"'{key}'", "a number or a range of numbers", Parse);

        bool Parse(string text, out NumberRange range, out Diagnostic? problem)
        {
            problem = NumberRange.TryParse(text, highest, out range, out string reason)
                ? null
                : PolicyDiagnostics.BadNumber.At(null, $"'{text}' is not a number or a range of numbers for '{key}': {reason}.");
            return problem is null;
        }
    }

    private BytesTest? ReadBytes(DocumentNode node, string path)
    {
        if (Fields(node, path, "'bytes'", PolicyWords.BytesKeys) is not { } fields)
        {
            return null;
        }

        if (!fields.TryGetValue("at", out DocumentNode? at))
        {
            Missing(node, "'bytes'", "at", "Add where in the payload the bytes stand, for example 'at: 0'.");
            return null;
        }

        bool isOne = fields.TryGetValue("equals", out DocumentNode? wanted);
        if (isOne == fields.TryGetValue("in", out DocumentNode? several))
        {
            Report(isOne ? PolicyDiagnostics.NotUsedHere : PolicyDiagnostics.MissingKey, node, isOne ? "'bytes' has both 'equals' and 'in'." : "'bytes' has no 'equals' and no 'in'.", "Give one of them.");
            return null;
        }

        string key = isOne ? "equals" : "in";
        wanted ??= several!;
        EquatableArray<ByteString> values = isOne && wanted is DocumentList
            ? []
            : Values<ByteString>(wanted, $"{path}.{key}", $"'{key}'", "bytes such as 0x0a0b", ByteString.TryParse);
        if (isOne && wanted is DocumentList)
        {
            WrongType(wanted, "'equals'", "bytes such as 0x0a0b", "Use 'in' for several.");
        }

        uint? offset = Integer(at, "at", 0, BytesTest.HighestOffset);
        ByteString mask = default;
        bool hasMask = fields.TryGetValue("mask", out DocumentNode? maskNode);
        if ((hasMask && !Value(maskNode!, "'mask'", "bytes such as 0xf0", ByteString.TryParse, out mask)) || values.Count == 0 || offset is null)
        {
            return null;
        }

        return new BytesTest((int)offset, hasMask ? mask : BytesTest.AllBits(values[0].Length), values);
    }

    private PolicyAction ReadOtherwise(DocumentNode root, Dictionary<string, DocumentNode> fields)
    {
        PolicyAction? action = null;
        if (!fields.TryGetValue("otherwise", out DocumentNode? node))
        {
            Missing(root, "a policy", "otherwise", "Say what happens to packets that no rule matches, for example 'otherwise: { by: hash }'.");
        }
        else
        {
            action = ReadAction(node, "otherwise", "'otherwise'", [.. PolicyWords.ActionKeys, "reject"]);
        }

        return action ?? new RejectAction();
    }

    private RejectAction? ReadReject(DocumentNode node)
    {
        if (node is DocumentScalar { IsQuoted: false, Text: "true" })
        {
            return new RejectAction();
        }

        WrongType(node, "'reject'", "true", node is DocumentScalar { Text: "false" or "no" or "off" } ? "Leave 'reject' out, and add 'steer'." : "Write 'reject: true'.");
        return null;
    }

    private PolicyAction? ReadAction(DocumentNode node, string path, string what, ImmutableArray<string> keys)
    {
        if (Fields(node, path, what, keys) is not { } fields)
        {
            return null;
        }

        if (fields.TryGetValue("reject", out DocumentNode? reject))
        {
            if (fields.Count > 1)
            {
                Report(PolicyDiagnostics.NotUsedHere, reject, $"{what} has 'reject' and other keys.", "Keep 'reject: true' alone, or remove it.");
            }

            return ReadReject(reject);
        }

        if (!fields.TryGetValue("by", out DocumentNode? by))
        {
            Missing(node, what, "by", $"Add 'by:' with one of {Quote(PolicyWords.Balancers)}.");
            return null;
        }

        if (by is not DocumentScalar { Text: string balancer } || !PolicyWords.Balancers.Contains(balancer))
        {
            UnknownWord(by, "by", PolicyWords.Balancers);
            return null;
        }

        foreach ((string key, DocumentNode value) in fields)
        {
            if (key != "by" && !PolicyWords.Uses(balancer, key))
            {
                Report(PolicyDiagnostics.NotUsedHere, value, $"'by: {balancer}' does not use '{key}'.");
            }
        }

        StickyFlows? sticky = fields.TryGetValue("sticky", out DocumentNode? stickyNode) ? ReadSticky(stickyNode, $"{path}.sticky") : null;
        return ReadBalancer(node, path, balancer, fields) is Balancer chosen ? new SteerAction(chosen, sticky) : null;
    }

    private Balancer? ReadBalancer(DocumentNode node, string path, string balancer, Dictionary<string, DocumentNode> fields)
    {
        EquatableArray<SlotItem> to = fields.TryGetValue("to", out DocumentNode? toNode)
            ? Values<SlotItem>(toNode, $"{path}.to", "'to'", "a slot, a range of slots or a name", SlotItem.TryParse)
            : [];
        HashKey key = fields.TryGetValue("key", out DocumentNode? keyNode) ? ReadKey(keyNode, $"{path}.key") : HashKey.FourTuple;
        uint seed = fields.TryGetValue("seed", out DocumentNode? seedNode) ? Integer(seedNode, "seed", 0, uint.MaxValue) ?? 0 : 0;
        switch (balancer)
        {
            case "slot":
                return OneSlot(node, path, fields, "'by: slot'") is SlotItem slot ? new SlotBalancer(slot) : null;
            case "hash":
                return new HashBalancer(to, key, seed);
            case "weighted":
                if (!fields.TryGetValue("weights", out DocumentNode? weights))
                {
                    Missing(node, "'by: weighted'", "weights", "Add the weights, for example 'weights: { 0: 90, 1: 10 }'.");
                    return null;
                }

                return new WeightedBalancer(ReadWeights(weights, $"{path}.weights"), to, key, seed);
            case "consistent":
                uint? size = fields.TryGetValue("table-size", out DocumentNode? sizeNode) ? Integer(sizeNode, "table-size", 3, ConsistentBalancer.LargestTable) : null;
                return new ConsistentBalancer(to, key, seed, (int?)size);
            case "cpu":
                return new CpuBalancer(to, fields.TryGetValue("cpus", out DocumentNode? cpus) ? ReadCpus(cpus, $"{path}.cpus") : []);
            case "numa":
                if (!fields.TryGetValue("nodes", out DocumentNode? nodes))
                {
                    Missing(node, "'by: numa'", "nodes", "Add the slots of each node, for example 'nodes: { 0: 0-3, 1: 4-7 }'.");
                    return null;
                }

                return new NumaBalancer(ReadNumbered(nodes, $"{path}.nodes", "node", NumaBalancer.NodeCount - 1), key, seed);
            case "round-robin":
                return new RoundRobinBalancer(to);
            case "random":
                return new RandomBalancer(to);
            case "chain":
                if (toNode is null)
                {
                    Missing(node, "'by: chain'", "to", "Add the slots in order, for example 'to: [0, 1, 2]'.");
                    return null;
                }

                return new ChainBalancer(to);
            case "least-loaded":
                TimeSpan stale = LeastLoadedBalancer.DefaultStale;
                return !fields.TryGetValue("stale", out DocumentNode? staleNode) || Value(staleNode, "'stale'", "a duration", DurationText.TryParse, out stale)
                    ? new LeastLoadedBalancer(to, stale, key, seed)
                    : null;
            case "generation":
                if (!fields.TryGetValue("generations", out DocumentNode? generations))
                {
                    Missing(node, "'by: generation'", "generations", "Add the slots of each generation, the newest last, for example 'generations: [blue, green]'.");
                    return null;
                }

                return new GenerationBalancer(
                    Values<SlotItem>(generations, $"{path}.generations", "'generations'", "a slot, a range of slots or a name", SlotItem.TryParse), key, seed);
            case "connection-id":
                return ReadConnectionId(node, path, fields, to, key, seed);
            default:
                return new KernelBalancer();
        }
    }

    private SlotItem? OneSlot(DocumentNode node, string path, Dictionary<string, DocumentNode> fields, string what)
    {
        if (!fields.TryGetValue("slot", out DocumentNode? value))
        {
            Missing(node, what, "slot", "Add the slot, for example 'slot: 3'.");
            return null;
        }

        Place($"{path}.slot", value);
        return Value<SlotItem>(value, "'slot'", "a slot", SlotItem.TryParse, out SlotItem slot) ? slot : null;
    }

    private HashKey ReadKey(DocumentNode node, string path)
    {
        HashKey key = HashKey.None;
        foreach (DocumentNode item in Items(node, path, "'key'"))
        {
            HashKey field = Choice(item, "key", PolicyWords.Keys);
            if ((key & field) != HashKey.None)
            {
                Report(PolicyDiagnostics.DuplicateKey, item, $"'{((DocumentScalar)item).Text}' is in the key already.");
            }

            key |= field;
        }

        return key;
    }

    private EquatableArray<SlotWeight> ReadWeights(DocumentNode node, string path)
    {
        List<SlotWeight> weights = [];
        foreach (DocumentEntry entry in Entries(node, path, "'weights'") ?? [])
        {
            bool known = Value<SlotItem>(entry.Key, "a key of 'weights'", "a slot, a range of slots or a name", SlotItem.TryParse, out SlotItem slots);
            uint? weight = Integer(entry.Value, $"weight of {entry.Key.Text}", 0, SlotWeight.Highest);
            if (known && weight is uint value)
            {
                Place($"{path}.{slots}", entry.Key);
                weights.Add(new SlotWeight(slots, (int)value));
            }
        }

        return weights.ToEquatableArray();
    }

    private EquatableArray<CpuSlot> ReadCpus(DocumentNode node, string path)
    {
        List<CpuSlot> cpus = [];
        foreach (DocumentEntry entry in Entries(node, path, "'cpus'") ?? [])
        {
            EquatableArray<NumberRange> range = ReadRanges(entry.Key, $"{path}.{entry.Key.Text}", "cpus", HighestCpu);
            if (Value<SlotItem>(entry.Value, $"slot of CPU {entry.Key.Text}", "a slot", SlotItem.TryParse, out SlotItem slot) && range.Count == 1)
            {
                cpus.Add(new CpuSlot(range[0], slot));
            }
        }

        return cpus.ToEquatableArray();
    }

    private EquatableArray<NumberedSlots> ReadNumbered(DocumentNode node, string path, string what, int highest)
    {
        List<NumberedSlots> nodes = [];
        foreach (DocumentEntry entry in Entries(node, path, $"'{what}s'") ?? [])
        {
            uint? number = Integer(entry.Key, what, 0, (uint)highest);
            EquatableArray<SlotItem> slots = Values<SlotItem>(
                entry.Value, $"{path}.{entry.Key.Text}", $"{what} {entry.Key.Text}", "a slot, a range of slots or a name", SlotItem.TryParse);
            if (number is uint known)
            {
                nodes.Add(new NumberedSlots((int)known, slots));
            }
        }

        return nodes.ToEquatableArray();
    }

    private StickyFlows? ReadSticky(DocumentNode node, string path)
    {
        if (Fields(node, path, "'sticky'", PolicyWords.StickyKeys) is not { } fields)
        {
            return null;
        }

        foreach (string key in PolicyWords.StickyKeys.Where(k => !fields.ContainsKey(k)))
        {
            Missing(node, "'sticky'", key, "Say how many flows are remembered and for how long, for example 'sticky: { entries: 65536, idle: 120s }'.");
            return null;
        }

        uint? entries = Integer(fields["entries"], "entries", 1, StickyFlows.MostEntries);
        bool hasIdle = Value(fields["idle"], "'idle'", "a duration", DurationText.TryParse, out TimeSpan idle);
        return hasIdle && entries is uint count ? new StickyFlows((int)count, idle) : null;
    }

    private ConnectionIdBalancer? ReadConnectionId(
        DocumentNode node, string path, Dictionary<string, DocumentNode> fields, EquatableArray<SlotItem> to, HashKey key, uint seed)
    {
        if (!fields.TryGetValue("length", out DocumentNode? lengthNode))
        {
            Missing(node, "'by: connection-id'", "length", "Add how long the ids are that the servers issue, for example 'length: 8'.");
            return null;
        }

        string[] layouts = [.. PolicyWords.Layouts.Where(fields.ContainsKey)];
        bool hasGeneration = fields.ContainsKey("generation");
        if (layouts.Length != 1 || hasGeneration != fields.ContainsKey("generations") || (hasGeneration && layouts[0] != "worker"))
        {
            Report(PolicyDiagnostics.BadIdLayout, node, layouts.Length == 1
                ? "'generation', 'generations' and 'worker' go together."
                : $"'by: connection-id' needs one of {Quote(PolicyWords.Layouts)}, and has {(layouts.Length == 0 ? "none" : Quote(layouts))}.");
            return null;
        }

        bool usesTo = layouts[0] is "modulo" || (layouts[0] is "worker" && !hasGeneration);
        if (to.Count > 0 && !usesTo)
        {
            Report(PolicyDiagnostics.NotUsedHere, fields["to"], $"With '{(hasGeneration ? "generation" : layouts[0])}' the slots are named there, and 'to' has no use.");
        }

        uint? length = Integer(lengthNode, "length", 1, ConnectionIdBalancer.LongestId);
        uint? at = fields.TryGetValue("at", out DocumentNode? atNode) ? Integer(atNode, "at", 0, BytesTest.HighestOffset) : 1;
        DocumentNode value = fields[layouts[0]];
        string place = $"{path}.{layouts[0]}";
        IdLayout? layout = layouts[0] switch
        {
            "worker" when hasGeneration => ReadField(fields["generation"], $"{path}.generation") is IdField generation && ReadField(value, place) is IdField own
                ? new GenerationLayout(generation, own, ReadNumbered(fields["generations"], $"{path}.generations", "generation", (1 << GenerationLayout.MostBits) - 1))
                : null,
            "worker" => ReadField(value, place) is IdField worker ? new WorkerLayout(worker, to) : null,
            "modulo" => ReadField(value, place) is IdField number ? new ModuloLayout(number, to) : null,
            "cookie" => Fields(value, place, "'cookie'", ["at"]) is { } cookie
                ? new CookieLayout((int)(cookie.TryGetValue("at", out DocumentNode? from) ? Integer(from, "at", 0, ConnectionIdBalancer.LongestId) ?? 0 : 0))
                : null,
            "prefixes" => new PrefixLayout(ReadPrefixes(value, place)),
            _ => ReadServerIds(value, place),
        };
        return layout is null || length is null || at is null
            ? null
            : new ConnectionIdBalancer((int)at, (int)length, layout, Generation("new"), Generation("old"), key, seed);

        EquatableArray<SlotItem> Generation(string name) =>
            fields.TryGetValue(name, out DocumentNode? slots) ? Values<SlotItem>(slots, $"{path}.{name}", $"'{name}'", "a slot, a range of slots or a name", SlotItem.TryParse) : [];
    }

    private IdField? ReadField(DocumentNode node, string path)
    {
        string name = path[(path.LastIndexOf('.') + 1)..];
        if (Fields(node, path, $"'{name}'", PolicyWords.FieldKeys) is not { } fields)
        {
            return null;
        }

        if (!fields.TryGetValue("bits", out DocumentNode? bits))
        {
            Missing(node, $"'{name}'", "bits", "Say how long the number is, for example 'bits: 8'.");
            return null;
        }

        uint? at = fields.TryGetValue("at", out DocumentNode? from) ? Integer(from, "at", 0, ConnectionIdBalancer.LongestId) : 0;
        return at is uint first && Integer(bits, "bits", 1, 32) is uint count ? new IdField((int)first, (int)count) : null;
    }

    private EquatableArray<IdPrefix> ReadPrefixes(DocumentNode node, string path)
    {
        List<IdPrefix> prefixes = [];
        foreach (DocumentEntry entry in Entries(node, path, $"'{path[(path.LastIndexOf('.') + 1)..]}'") ?? [])
        {
            bool known = Value<ByteString>(entry.Key, "a beginning of ids", "bytes such as 0x0a0b", ByteString.TryParse, out ByteString bytes);
            if (Value<SlotItem>(entry.Value, $"slot of {entry.Key.Text}", "a slot", SlotItem.TryParse, out SlotItem slot) && known)
            {
                Place($"{path}.{bytes}", entry.Key);
                prefixes.Add(new IdPrefix(bytes, slot));
            }
        }

        return prefixes.ToEquatableArray();
    }

    private PrefixLayout? ReadServerIds(DocumentNode node, string path)
    {
        if (Fields(node, path, "'server-ids'", PolicyWords.ServerIdKeys) is not { } fields)
        {
            return null;
        }

        if (!fields.TryGetValue("ids", out DocumentNode? ids))
        {
            Missing(node, "'server-ids'", "ids", "Add the slot of each server id, for example 'ids: { 0x0001: 0, 0x0002: 1 }'.");
            return null;
        }

        uint? config = fields.TryGetValue("config", out DocumentNode? number) ? Integer(number, "config", 0, PrefixLayout.HighestConfig) : 0;
        return config is uint known ? new PrefixLayout(ReadPrefixes(ids, $"{path}.ids"), (int)known) : null;
    }

    private MissAction ReadMiss(DocumentNode node)
    {
        Place("on-miss", node);
        if (node is DocumentMap)
        {
            return Fields(node, "on-miss", "'on-miss'", ["slot"]) is { } fields && OneSlot(node, "on-miss", fields, "'on-miss'") is SlotItem slot
                ? new MissAction(MissKind.Slot, slot)
                : MissAction.Next;
        }

        if (node is DocumentScalar { Text: "slot" })
        {
            Missing(node, "'on-miss: slot'", "slot", "Write 'on-miss: { slot: 3 }'.");
            return MissAction.Next;
        }

        return new MissAction(Choice(node, "on-miss", PolicyWords.Misses));
    }

    private int? ReadObserve(DocumentNode node)
    {
        if (Fields(node, "observe", "'observe'", PolicyWords.ObserveKeys) is not { } fields)
        {
            return null;
        }

        if (fields.TryGetValue("counters", out DocumentNode? counters) && counters is not DocumentScalar { IsQuoted: false, Text: "true" })
        {
            WrongType(counters, "'counters'", "true", "Everything is counted, always: write 'counters: true', or leave it out.");
        }

        if (!fields.TryGetValue("sample", out DocumentNode? sample))
        {
            return null;
        }

        if (sample is not DocumentScalar { IsNull: false, Text: ['1', '/', .. string number] } || !NumberText.TryParse(number, 1, SteeringPolicy.RarestSample, out uint oneIn, out _))
        {
            Report(PolicyDiagnostics.BadNumber, sample, $"'sample' is {sample.Kind}.", $"Write 1/1 to 1/{Show(SteeringPolicy.RarestSample)}, for example 1/1000.");
            return null;
        }

        return (int)oneIn;
    }

    /// <summary>The values of a mapping whose keys are words of the language.</summary>
    private Dictionary<string, DocumentNode>? Fields(
        DocumentNode node, string path, string what, ImmutableArray<string> known)
    {
        if (Entries(node, path, what) is not { } entries)
        {
            return null;
        }

        Dictionary<string, DocumentNode> fields = new(StringComparer.Ordinal);
        foreach ((DocumentScalar key, DocumentNode value) in entries)
        {
            if (known.Contains(key.Text))
            {
                fields.Add(key.Text, value);
                Place(path.Length == 0 ? key.Text : $"{path}.{key.Text}", key);
            }
            else
            {
                string expected = $"{what} has {Quote(known)}.";
                Report(
                    PolicyDiagnostics.UnknownKey, key, $"{what} has no key {key.Kind}.",
                    Spelling.Closest(key.Text, known) is string meant ? $"Did you mean '{meant}'?" : char.ToUpperInvariant(expected[0]) + expected[1..]);
            }
        }

        return fields;
    }

    /// <summary>The entries of a mapping, each key once.</summary>
    private List<DocumentEntry>? Entries(DocumentNode node, string path, string what)
    {
        Place(path, node);
        if (node is not DocumentMap map)
        {
            WrongType(node, what, "a mapping");
            return null;
        }

        return map.EachOnce(entry => Report(PolicyDiagnostics.DuplicateKey, entry.Key, $"{what} has the key {entry.Key.Kind} twice."));
    }

    /// <summary>The items of a list, or the one value that stands for a list of one.</summary>
    private ImmutableArray<DocumentNode> Items(DocumentNode node, string path, string what, bool mayBeEmpty = false)
    {
        Place(path, node);
        if (node is not DocumentList list)
        {
            return [node];
        }

        if (list.Items.IsEmpty && !mayBeEmpty)
        {
            Report(PolicyDiagnostics.EmptyList, node, $"The list of {what} is empty.");
        }

        return list.Items;
    }

    private EquatableArray<T> Values<T>(DocumentNode node, string path, string what, string expected, Parser<T> parse, bool mayBeEmpty = false)
        where T : IEquatable<T>
    {
        ImmutableArray<DocumentNode> items = Items(node, path, what, mayBeEmpty);
        ImmutableArray<T>.Builder values = ImmutableArray.CreateBuilder<T>(items.Length);
        for (int i = 0; i < items.Length; i++)
        {
            if (Value(items[i], what, expected, parse, out T value))
            {
                values.Add(value);
            }

            if (node is DocumentList)
            {
                Place(string.Create(CultureInfo.InvariantCulture, $"{path}[{i}]"), items[i]);
            }
        }

        return new EquatableArray<T>(values.DrainToImmutable());
    }

    private bool Value<T>(DocumentNode node, string what, string expected, Parser<T> parse, out T value)
    {
        value = default!;
        if (node is not DocumentScalar { IsNull: false } scalar)
        {
            WrongType(node, what, expected);
            return false;
        }

        if (scalar.IsQuoted && scalar.Text.Length > 0 && scalar.Text.All(char.IsAsciiDigit))
        {
            WrongType(node, what, expected, "Remove the quotes.");
            return false;
        }

        if (!parse(scalar.Text, out value, out Diagnostic? problem))
        {
            Diagnostics.Add(problem! with { Location = node.Location });
            return false;
        }

        return true;
    }

    private uint? Integer(DocumentNode node, string key, uint minimum, uint maximum)
    {
        if (node is not DocumentScalar { IsNull: false } scalar)
        {
            WrongType(node, $"'{key}'", "a number");
            return null;
        }

        if (scalar.IsQuoted)
        {
            WrongType(node, $"'{key}'", "a number", "Remove the quotes.");
            return null;
        }

        if (!NumberText.TryParse(scalar.Text, minimum, maximum, out uint value, out string reason))
        {
            Report(PolicyDiagnostics.BadNumber, node, $"{scalar.Kind} is not a valid number for '{key}': {reason}.");
            return null;
        }

        return value;
    }

    private string Title(DocumentNode node, string path)
    {
        Place(path, node);
        if (node is not DocumentScalar { IsNull: false } scalar)
        {
            WrongType(node, $"'{path[(path.LastIndexOf('.') + 1)..]}'", "a text");
            return SteeringPolicy.Unnamed;
        }

        if (!PolicyNames.IsTitle(scalar.Text))
        {
            Report(PolicyDiagnostics.BadName, node, $"{scalar.Kind} is not a name.", "Use printable text of 1 to 128 characters.");
        }

        return scalar.Text;
    }

    private T Choice<T>(DocumentNode node, string key, FrozenDictionary<string, T> words)
        where T : struct
    {
        if (node is DocumentScalar { Text: string text } && words.TryGetValue(text, out T value))
        {
            return value;
        }

        UnknownWord(node, key, words.OrderBy(w => w.Value).Select(w => w.Key));
        return default;
    }

    private void UnknownWord(DocumentNode node, string key, IEnumerable<string> words)
    {
        string expected = $"Use one of {Quote(words)}.";
        if (node is not DocumentScalar { IsNull: false } scalar)
        {
            WrongType(node, $"'{key}'", "a word", expected);
            return;
        }

        string? meant = Spelling.Closest(scalar.Text, words);
        Report(PolicyDiagnostics.UnknownWord, node, $"{scalar.Kind} is not a word for '{key}'.", meant is null ? expected : $"Did you mean '{meant}'? {expected}");
    }

    private void Missing(DocumentNode node, string what, string key, string remedy) =>
        Report(PolicyDiagnostics.MissingKey, node, $"{what} has no '{key}'.", remedy);

    private void WrongType(DocumentNode node, string what, string expected, string? remedy = null) =>
        Report(PolicyDiagnostics.WrongType, node, $"{what} is {node.Kind}; expected {expected}.", remedy);

    private void Report(DiagnosticDefinition definition, DocumentNode node, string message, string? remedy = null) =>
        Diagnostics.Add(definition.At(node.Location, char.ToUpperInvariant(message[0]) + message[1..], remedy));

    private void Place(string path, DocumentNode node)
    {
        if (node.Location is not null)
        {
            _places.TryAdd(path, node.Location);
        }
    }

    private static string Quote(IEnumerable<string> words) => string.Join(", ", words.Select(w => $"'{w}'"));

    private static string Show(uint number) => number.ToString(CultureInfo.InvariantCulture);

    private readonly record struct AddressOrList(AddressPrefix Prefix, string? List)
    {
        public static bool TryParse(string text, out AddressOrList value, out Diagnostic? problem)
        {
            value = default;
            problem = null;
            if (PolicyNames.IsName(text) && !text.Contains(':', StringComparison.Ordinal))
            {
                value = new AddressOrList(default, text);
                return true;
            }

            if (!AddressPrefix.TryParse(text, out AddressPrefix prefix, out problem))
            {
                return false;
            }

            value = new AddressOrList(prefix, null);
            return true;
        }
    }
}
