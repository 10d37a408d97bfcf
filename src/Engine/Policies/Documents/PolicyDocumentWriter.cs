using System.Globalization;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Engine.Policies.Documents;

/// <summary>Makes the document of a policy.</summary>
internal static class PolicyDocumentWriter
{
    public static DocumentMap Write(SteeringPolicy policy)
    {
        List<DocumentEntry> entries =
        [
            Entry("version", Number(SteeringPolicy.LanguageVersion)),
            Entry("policy", Text(policy.Name)),
            Entry("protocol", Word(PolicyWords.Of(policy.Protocol))),
        ];
        if (policy.Slots.Count > 0)
        {
            entries.Add(Entry("slots", Map(policy.Slots.Items.Select(s => Entry(s.Name, OneOrMore(s.Slots.Items.Select(Item)))))));
        }

        if (policy.Lists.Count > 0)
        {
            entries.Add(Entry("lists", Map(policy.Lists.Items.Select(l => Entry(l.Name, List(l.Prefixes.Items.Select(p => Text(p.ToString()))))))));
        }

        if (policy.Rules.Count > 0)
        {
            entries.Add(Entry("rules", List(policy.Rules.Items.Select(WriteRule))));
        }

        entries.Add(Entry("otherwise", WriteAction(policy.Otherwise)));
        entries.Add(Entry("on-miss", policy.OnMiss.Kind == MissKind.Slot
            ? Map([Entry("slot", Item(policy.OnMiss.Slot))])
            : Word(PolicyWords.Describe(policy.OnMiss))));
        if (policy.Migrates)
        {
            entries.Add(Entry("migrate", Word("policy")));
        }

        if (policy.SampleOneIn is int oneIn)
        {
            entries.Add(Entry("observe", Map([Entry("counters", Word("true")), Entry("sample", Word(string.Create(CultureInfo.InvariantCulture, $"1/{oneIn}")))])));
        }

        return Map(entries);
    }

    private static DocumentMap WriteRule(PolicyRule rule)
    {
        List<DocumentEntry> entries = [];
        if (rule.Name is not null)
        {
            entries.Add(Entry("name", Text(rule.Name)));
        }

        entries.Add(Entry("when", WriteMatch(rule.When)));
        entries.Add(rule.Action is RejectAction ? Entry("reject", Word("true")) : Entry("steer", WriteAction(rule.Action)));
        return Map(entries);
    }

    private static DocumentMap WriteMatch(PolicyMatch match)
    {
        List<DocumentEntry> entries = [];
        Addresses("source", match.Source);
        Addresses("destination", match.Destination);
        Ports("source-port", match.SourcePorts);
        Ports("destination-port", match.DestinationPorts);
        if (match.Protocol is TransportProtocol protocol)
        {
            entries.Add(Entry("protocol", Word(PolicyWords.Of(protocol))));
        }

        if (match.Family is IpFamily family)
        {
            entries.Add(Entry("family", Word(PolicyWords.Of(family))));
        }

        Several("tcp-flags", match.TcpFlags.Items.Select(f => Word(f.ToString())));
        Several("cpu", match.Cpus.Items.Select(r => Word(r.ToString())));
        Several("numa-node", match.NumaNodes.Items.Select(r => Word(r.ToString())));
        Several("length", match.Lengths.Items.Select(r => Word(r.ToString())));
        Several("bytes", match.Bytes.Items.Select(WriteBytes));
        if (match.Migrating is bool migrating)
        {
            entries.Add(Entry("migrating", Word(migrating ? "true" : "false")));
        }

        if (match.Fraction is FlowFraction fraction)
        {
            entries.Add(Entry("fraction", Word(fraction.ToString())));
        }

        Several("not", match.Not.Items.Select(WriteMatch));
        Several("any-of", match.AnyOf.Items.Select(WriteMatch));

        if (entries.Count == 0)
        {
            // A match is never empty: both versions are every packet.
            entries.Add(Entry("family", List(PolicyWords.Families.OrderBy(f => f.Value).Select(f => Word(f.Key)))));
        }

        return Map(entries);

        void Addresses(string key, AddressMatch addresses)
        {
            if (!addresses.IsAny)
            {
                entries.Add(Entry(key, OneOrMore(addresses.Prefixes.Items.Select(p => Text(p.ToString())).Concat(addresses.Lists.Items.Select(Text)))));
            }
        }

        void Several(string key, IEnumerable<DocumentNode> values)
        {
            DocumentNode node = OneOrMore(values);
            if (node is not DocumentList { Items.IsEmpty: true })
            {
                entries.Add(Entry(key, node));
            }
        }

        void Ports(string key, EquatableArray<PortRange> ports)
        {
            if (ports.Count > 0)
            {
                entries.Add(Entry(key, OneOrMore(ports.Items.Select(p => Word(p.ToString())))));
            }
        }
    }

    private static DocumentMap WriteBytes(BytesTest test)
    {
        List<DocumentEntry> entries = [Entry("at", Number(test.At))];
        if (test.Mask != BytesTest.AllBits(test.Length))
        {
            entries.Add(Entry("mask", Word(test.Mask.ToString())));
        }

        entries.Add(test.Values.Count == 1 ? Entry("equals", Word(test.Values[0].ToString())) : Entry("in", List(test.Values.Items.Select(v => Word(v.ToString())))));
        return Map(entries);
    }

    private static DocumentMap WriteAction(PolicyAction action)
    {
        if (action is not SteerAction steer)
        {
            return Map([Entry("reject", Word("true"))]);
        }

        List<DocumentEntry> entries = [Entry("by", Word(PolicyWords.Of(steer.By)))];
        switch (steer.By)
        {
            case SlotBalancer by:
                entries.Add(Entry("slot", Item(by.Slot)));
                break;
            case HashBalancer by:
                Common(by.To, by.Key, by.Seed);
                break;
            case WeightedBalancer by:
                entries.Add(Entry("weights", Map(by.Weights.Items.Select(w => Entry(w.Slots.ToString(), Number(w.Weight))))));
                Common(by.To, by.Key, by.Seed);
                break;
            case ConsistentBalancer by:
                Common(by.To, by.Key, by.Seed);
                if (by.TableSize is int size)
                {
                    entries.Add(Entry("table-size", Number(size)));
                }

                break;
            case CpuBalancer by:
                Common(by.To, HashKey.FourTuple, 0);
                if (by.Cpus.Count > 0)
                {
                    entries.Add(Entry("cpus", Map(by.Cpus.Items.Select(c => Entry(c.Cpus.ToString(), Item(c.Slot))))));
                }

                break;
            case NumaBalancer by:
                entries.Add(Entry("nodes", Map(by.Nodes.Items.Select(n => Entry(n.Number.ToString(CultureInfo.InvariantCulture), OneOrMore(n.Slots.Items.Select(Item)))))));
                Common([], by.Key, by.Seed);
                break;
            case RoundRobinBalancer by:
                Common(by.To, HashKey.FourTuple, 0);
                break;
            case RandomBalancer by:
                Common(by.To, HashKey.FourTuple, 0);
                break;
            case ChainBalancer by:
                Common(by.To, HashKey.FourTuple, 0);
                break;
            case LeastLoadedBalancer by:
                Common(by.To, by.Key, by.Seed);
                if (by.Stale != LeastLoadedBalancer.DefaultStale)
                {
                    entries.Add(Entry("stale", Word(DurationText.Write(by.Stale))));
                }

                break;
            case GenerationBalancer by:
                entries.Add(Entry("generations", List(by.Generations.Items.Select(Item))));
                Common([], by.Key, by.Seed);
                break;
            case ConnectionIdBalancer by:
                WriteConnectionId(by);
                break;
        }

        if (steer.Sticky is StickyFlows sticky)
        {
            entries.Add(Entry("sticky", Map([Entry("entries", Number(sticky.Entries)), Entry("idle", Word(DurationText.Write(sticky.Idle)))])));
        }

        return Map(entries);

        void WriteConnectionId(ConnectionIdBalancer by)
        {
            if (by.At != 1)
            {
                entries.Add(Entry("at", Number(by.At)));
            }

            entries.Add(Entry("length", Number(by.Length)));
            EquatableArray<SlotItem> to = [];
            switch (by.Layout)
            {
                case WorkerLayout layout:
                    entries.Add(Entry("worker", Field(layout.Worker)));
                    to = layout.To;
                    break;
                case ModuloLayout layout:
                    entries.Add(Entry("modulo", Field(layout.Number)));
                    to = layout.To;
                    break;
                case GenerationLayout layout:
                    entries.Add(Entry("generation", Field(layout.Generation)));
                    entries.Add(Entry("worker", Field(layout.Worker)));
                    entries.Add(Entry("generations", Map(layout.Generations.Items.Select(g => Entry(g.Number.ToString(CultureInfo.InvariantCulture), OneOrMore(g.Slots.Items.Select(Item)))))));
                    break;
                case CookieLayout layout:
                    entries.Add(Entry("cookie", Map([Entry("at", Number(layout.At))])));
                    break;
                case PrefixLayout { Config: null } layout:
                    entries.Add(Entry("prefixes", Prefixes(layout)));
                    break;
                case PrefixLayout layout:
                    entries.Add(Entry("server-ids", Map([Entry("config", Number(layout.Config!.Value)), Entry("ids", Prefixes(layout))])));
                    break;
            }

            Common(to, by.Key, by.Seed);
            Generation("new", by.New);
            Generation("old", by.Old);

            void Generation(string name, EquatableArray<SlotItem> slots)
            {
                if (slots.Count > 0)
                {
                    entries.Add(Entry(name, OneOrMore(slots.Items.Select(Item))));
                }
            }
        }

        static DocumentMap Field(IdField field) => Map([Entry("at", Number(field.At)), Entry("bits", Number(field.Bits))]);

        static DocumentMap Prefixes(PrefixLayout layout) => Map(layout.Prefixes.Items.Select(p => Entry(p.Prefix.ToString(), Item(p.Slot))));

        void Common(EquatableArray<SlotItem> to, HashKey key, uint seed)
        {
            if (to.Count > 0)
            {
                entries.Add(Entry("to", OneOrMore(to.Items.Select(Item))));
            }

            if (key != HashKey.FourTuple)
            {
                entries.Add(Entry("key", OneOrMore(PolicyWords.Of(key).Select(Word))));
            }

            if (seed != 0)
            {
                entries.Add(Entry("seed", Number(seed)));
            }
        }
    }

    private static DocumentEntry Entry(string key, DocumentNode value) => new(new DocumentScalar(key), value);

    private static DocumentMap Map(IEnumerable<DocumentEntry> entries) => new([.. entries]);

    private static DocumentList List(IEnumerable<DocumentNode> items) => new([.. items]);

    private static DocumentNode OneOrMore(IEnumerable<DocumentNode> items) => List(items) is var list && list.Items.Length == 1 ? list.Items[0] : list;

    private static DocumentScalar Word(string word) => new(word);

    // A text that could be read as something else is quoted.
    private static DocumentScalar Text(string text) =>
        new(text, isQuoted: new DocumentScalar(text).IsNull || text is "true" or "false" || text.All(c => char.IsAsciiDigit(c) || c is '.' or '-' or '+' or '_' or 'e' or 'x'));

    private static DocumentScalar Number(long number) => new(number.ToString(CultureInfo.InvariantCulture));

    private static DocumentScalar Item(SlotItem item) => new(item.ToString());
}
