using System.Collections.Immutable;
using CsCheck;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Engine.Tests.Policies;

/// <summary>
/// Random valid policies, and packets that they have something to say about: addresses and ports come from small pools, so that
/// rules match, overlap and shadow each other.
/// </summary>
public static class PolicyGen
{
    private static readonly Gen<IpFamily> s_family = Gen.OneOf(IpFamily.V4, IpFamily.V6);

    private static readonly Gen<UInt128> s_ipv4 = Gen.Frequency(
        (4, Gen.Select(Gen.OneOf(0x0a000000u, 0x0a010200u, 0xc0000200u, 0x7f000000u), Gen.UInt[0, 7], (net, host) => (UInt128)(net | host))),
        (1, Gen.UInt.Select(a => (UInt128)a)));

    private static readonly Gen<UInt128> s_ipv6 = Gen.Frequency(
        (4, Gen.Select(
            Gen.OneOf(UInt128.Zero, Address("20010db8", 0), Address("20010db8", 1), Address("fe800000", 0)), Gen.UInt[0, 7], (net, host) => net | host)),
        (1, Gen.Select(Gen.ULong, Gen.ULong, (high, low) => new UInt128(high, low))));

    private static readonly Gen<ushort> s_port = Gen.Frequency(
        (4, Gen.OneOf<ushort>(0, 1, 53, 80, 443, 1023, 1024, 40000, 65534, 65535)), (1, Gen.UShort));

    private static readonly Gen<AddressPrefix> s_prefix = s_family.SelectMany(family => Gen.Select(
        AddressOf(family),
        Gen.Frequency((1, Gen.Const(0)), (6, Gen.OneOf(8, 16, 29, 31, 32, 33, 48, 64, 90, 125, 127, 128)), (2, Gen.Int[0, 128])),
        (address, length) =>
        {
            length = Math.Min(length, family == IpFamily.V4 ? 32 : 128);
            return new AddressPrefix(family, address & new AddressPrefix(family, 0, length).Mask, length);
        }));

    private static readonly Gen<PortRange> s_range = Gen.Frequency(
        (2, s_port.Select(p => new PortRange(p, p))),
        (2, Gen.Select(s_port, s_port, (a, b) => new PortRange(Math.Min(a, b), Math.Max(a, b)))));

    private static readonly Gen<byte> s_payloadByte = Gen.Frequency((3, Gen.OneOf<byte>(0, 1, 0x80, 0xff)), (1, Gen.Byte));

    /// <summary>Datagrams that look like QUIC: short headers, and long ones of versions 1, 2 and another, with ids of 4 bytes mostly.</summary>
    private static readonly Gen<byte[]> s_quic = Gen.Select(
        Gen.Bool, Gen.Int[0, 3], Gen.OneOf<uint>(1, 0x6b3343cf, 0xff00001d), Gen.Frequency((5, Gen.Const(4)), (1, Gen.Int[0, 20])), s_payloadByte.Array[12]).Select((isLong, type, version, length, rest) =>
            isLong
                ? [(byte)(0xc0 | (type << 4)), (byte)(version >> 24), (byte)(version >> 16), (byte)(version >> 8), (byte)version, (byte)length, .. rest]
                : (byte[])[0x40, .. rest]);

    private static readonly Gen<EquatableArray<NumberRange>> s_cpus = Gen.OneOf<EquatableArray<NumberRange>>(
        [new NumberRange(0, 0)], [new NumberRange(1, 1)], [new NumberRange(1, 7)], [new NumberRange(3, 5), new NumberRange(0, 0)], [new NumberRange(0, 1), new NumberRange(9, 9)]);

    private static readonly Gen<EquatableArray<NumberRange>> s_lengths = Gen.Select(Gen.Int[0, 12], Gen.Int[0, 12], Gen.Bool, (a, b, open) =>
        (EquatableArray<NumberRange>)[new NumberRange(Math.Min(a, b), Math.Max(a, b)), new NumberRange(open ? 13 : 0, ushort.MaxValue)]).SelectMany(ranges =>
            Gen.OneOf(ranges, [ranges[0]], [ranges[1]]));

    private static readonly Gen<BytesTest> s_bytes = Gen.Select(
        Gen.Int[0, 8], Gen.Int[1, 8], Gen.Bool, s_payloadByte.Array[8], s_payloadByte.Array[8], Gen.Int[1, 3]).Select((at, length, hasMask, mask, value, count) =>
        {
            ByteString bits = hasMask ? Bytes(mask, length) : BytesTest.AllBits(length);
            return new BytesTest(at, bits, Enumerable.Range(0, count).Select(i => new ByteString((Bytes(value, length).Value + (ulong)i) & bits.Value, length)).Distinct().ToEquatableArray());
        });

    private static readonly Gen<TcpFlagsTest> s_flags = Gen.OneOf(
        TcpFlagsTest.PureSyn, new TcpFlagsTest(0x02, 0x02), new TcpFlagsTest(0x10, 0x10), new TcpFlagsTest(0x12, 0x12), new TcpFlagsTest(0, 0x06), new TcpFlagsTest(0x04, 0xff));

    private static readonly Gen<HashKey> s_key = Gen.Frequency(
        (1, Gen.Const(HashKey.FourTuple)), (2, Gen.Int[1, 15].Select(k => (HashKey)k)));

    private static readonly Gen<uint> s_seed = Gen.Frequency((2, Gen.Const(0u)), (1, Gen.UInt));

    /// <summary>Flows of both families and protocols.</summary>
    public static Gen<FlowKey> Flow { get; } = Gen.Select(
        s_family, Gen.OneOf(TransportProtocol.Tcp, TransportProtocol.Udp), s_port, s_port).SelectMany((family, protocol, sourcePort, destinationPort) =>
            Gen.Select(AddressOf(family), AddressOf(family), (source, destination) => new FlowKey(family, protocol, source, destination, sourcePort, destinationPort)));

    /// <summary>Packets with flags and payload, on a CPU and at a time.</summary>
    public static Gen<PolicyArrival> Arrival { get; } = Gen.Select(
        Flow,
        Gen.Int[0, 3],
        Gen.Frequency((3, Gen.Const((byte)0x02)), (2, Gen.OneOf<byte>(0x10, 0x12, 0x04, 0x01, 0x18)), (1, Gen.Byte)),
        Gen.Frequency((1, Gen.Const(Array.Empty<byte>())), (4, s_payloadByte.Array[0, 12]), (4, s_quic)),
        Gen.Int[0, PolicyArrival.CpuCount - 1],
        Gen.Frequency((3, Gen.Int[0, 3]), (1, Gen.Int[0, 4000])),
        Gen.Int[0, 5],
        (flow, extra, flags, payload, cpu, milliseconds, migrating) => new PolicyArrival(flow, extra, flags, payload, cpu, milliseconds, migrating == 0 && flow.Protocol == TransportProtocol.Tcp));

    /// <summary>A number of slots, a policy for it, and which seats can be selected.</summary>
    public static Gen<(int SlotCount, SteeringPolicy Policy, bool[] Selectable)> Case { get; } = Gen.Int[1, 10].SelectMany(slotCount =>
        Gen.Select(Policy(slotCount), Gen.Frequency((1, Gen.Const(true).Array[slotCount]), (4, Gen.Bool.Array[slotCount])), (policy, selectable) => (slotCount, policy, selectable)));

    /// <summary>States of slots, with the number of slots and the policy that they belong to.</summary>
    public static Gen<SlotStates> States(int slotCount) => Gen.Frequency(
        (1, Gen.Const(SlotStates.AllActive)),
        (2, Gen.Select(Gen.Enum<SlotState>().Array[slotCount], Gen.UInt[0, 3].Array[slotCount], (states, generations) => new SlotStates(
            states.Select((state, slot) => (state, slot)).ToImmutableDictionary(s => s.slot, s => s.state),
            generations.Select((generation, slot) => (generation, slot)).ToImmutableDictionary(g => g.slot, g => g.generation)))));

    /// <summary>Policies for a number of slots.</summary>
    public static Gen<SteeringPolicy> Policy(int slotCount)
    {
        Gen<ImmutableArray<NamedSlots>> names = Subset(slotCount).Array[0, 2].Select(sets => sets.Select((slots, i) => new NamedSlots($"name{i}", Numbers(slots))).ToImmutableArray());
        Gen<ImmutableArray<AddressList>> lists = s_prefix.Array[0, 4].Array[0, 3].Select(all => all.Select((prefixes, i) => new AddressList($"list{i}", [.. prefixes.Distinct()])).ToImmutableArray());
        return Gen.Select(names, lists, Gen.Enum<PolicyProtocol>()).SelectMany((slots, addresses, protocol) => Gen.Select(
            Rules(slotCount, slots, addresses, protocol),
            Action(slotCount, slots),
            Gen.Frequency((3, Gen.Const(MissAction.Next)), (2, Gen.OneOf(new MissAction(MissKind.Kernel), new MissAction(MissKind.Reject))), (1, OneSlot(slotCount, slots).Select(s => new MissAction(MissKind.Slot, s)))),
            (rules, otherwise, miss) => new SteeringPolicy
            {
                Name = "random",
                Protocol = protocol,
                Slots = new(slots),
                Lists = new(addresses),
                Rules = rules.Select((rule, i) => i % 2 == 0 ? rule with { Name = $"r {i}" } : rule).ToEquatableArray(),
                Otherwise = otherwise,
                OnMiss = miss,
            })).SelectMany(policy => Gen.Select(Gen.Int[0, 3], Gen.OneOf<int?>(null, null, null, 1, 3), (migrate, sample) => policy with { Migrates = migrate == 0, SampleOneIn = sample })).Select(Settle);
    }

    private static Gen<PolicyRule[]> Rules(int slotCount, ImmutableArray<NamedSlots> slots, ImmutableArray<AddressList> lists, PolicyProtocol policy)
    {
        Gen<PolicyRule[]> some = Rule(slotCount, slots, lists, policy).Array[0, 3];
        return Gen.Frequency(
            (2, Rule(slotCount, slots, lists, policy).Array[0, 6]),
            (1, Gen.Select(some, Run(slotCount, slots, lists, policy), some, (before, run, after) => (PolicyRule[])[.. before, .. run, .. after])));
    }

    /// <summary>Rules that want different values of one field, and the same beside it or not.</summary>
    private static Gen<PolicyRule[]> Run(int slotCount, ImmutableArray<NamedSlots> slots, ImmutableArray<AddressList> lists, PolicyProtocol policy) => Gen.Select(
        Gen.Int[0, 3], Gen.OneOf(8, 16, 29, 31, 32, 32), Gen.Bool, Gen.Select(s_ipv4, s_port).Array[4, 12], Rule(slotCount, slots, lists, policy).Array[4, 12]).Select((field, length, sameRest, values, rules) =>
            rules.Take(values.Length).Select((rule, i) =>
            {
                PolicyMatch rest = sameRest ? rules[0].When : rule.When;
                (UInt128 address, ushort port) = values[i];
                AddressMatch prefix = new([new AddressPrefix(IpFamily.V4, address & new AddressPrefix(IpFamily.V4, 0, length).Mask, length)], []);
                EquatableArray<PortRange> ports = [new PortRange(port, port)];
                return rule with
                {
                    When = field switch
                    {
                        0 => rest with { Source = prefix, Family = null },
                        1 => rest with { Destination = prefix, Family = null },
                        2 => rest with { SourcePorts = ports },
                        _ => rest with { DestinationPorts = ports },
                    },
                };
            }).ToArray());

    private static Gen<PolicyRule> Rule(int slotCount, ImmutableArray<NamedSlots> slots, ImmutableArray<AddressList> lists, PolicyProtocol policy) =>
        Gen.Select(Match(lists, policy, depth: 2), Action(slotCount, slots), (match, action) => new PolicyRule(null, match, action));

    private static Gen<PolicyMatch> Match(ImmutableArray<AddressList> lists, PolicyProtocol policy, int depth)
    {
        Gen<PolicyMatch> simple = Gen.Select(HeaderMatch(lists, policy), Gen.Int[0, 9]).SelectMany((match, other) => other switch
        {
            0 => s_cpus.Select(cpus => match with { Cpus = cpus }),
            6 when policy != PolicyProtocol.Udp && match.Protocol != TransportProtocol.Udp => Gen.Bool.Select(migrating => match with { Migrating = migrating }),
            1 => s_cpus.Select(nodes => match with { NumaNodes = nodes }),
            2 => Gen.Int[1, 999_999].Select(share => match with { Fraction = new FlowFraction(share) }),
            3 when policy != PolicyProtocol.Udp && match.Protocol != TransportProtocol.Udp => s_flags.Array[1, 3].Select(flags => match with { TcpFlags = [.. flags.Distinct()] }),
            4 when policy != PolicyProtocol.Tcp && match.Protocol != TransportProtocol.Tcp => s_lengths.Select(lengths => match with { Lengths = lengths }),
            5 when policy != PolicyProtocol.Tcp && match.Protocol != TransportProtocol.Tcp => s_bytes.Array[1, 2].Select(bytes => match with { Bytes = [.. bytes] }),
            _ => Gen.Const(match),
        });
        if (depth == 0)
        {
            return simple;
        }

        Gen<PolicyMatch> inner = Match(lists, policy, depth - 1).Where(m => m != PolicyMatch.Everything);
        return Gen.Select(simple, Gen.Int[0, 5]).SelectMany((match, nested) => nested switch
        {
            // What is within may want payload, so the protocol stays open around it.
            0 => inner.Array[1, 2].Select(all => (match with { Protocol = null, TcpFlags = [], Migrating = null }) with { Not = [.. all] }),
            1 => inner.Array[1, 3].Select(all => (match with { Protocol = null, TcpFlags = [], Migrating = null }) with { AnyOf = [.. all] }),
            _ => Gen.Const(match),
        });
    }

    private static Gen<PolicyMatch> HeaderMatch(ImmutableArray<AddressList> lists, PolicyProtocol policy)
    {
        Gen<TransportProtocol?> protocol = policy switch
        {
            PolicyProtocol.Any => Gen.OneOf<TransportProtocol?>(null, null, TransportProtocol.Tcp, TransportProtocol.Udp),
            PolicyProtocol.Tcp => Gen.OneOf<TransportProtocol?>(null, TransportProtocol.Tcp),
            _ => Gen.OneOf<TransportProtocol?>(null, TransportProtocol.Udp),
        };
        Gen<EquatableArray<PortRange>> ports = Gen.Frequency((3, Gen.Const<EquatableArray<PortRange>>([])), (1, Gen.Frequency((3, s_range.Array[1, 4]), (1, s_range.Array[9, 12])).Select(r => r.ToEquatableArray())));
        return Gen.Select(
            Addresses(lists), Gen.Frequency((3, Gen.Const(AddressMatch.Any)), (1, Addresses(lists))), ports, ports,
            Gen.OneOf<IpFamily?>(null, null, null, IpFamily.V4, IpFamily.V6), protocol,
            (source, destination, sourcePorts, destinationPorts, family, transport) => new PolicyMatch { Source = source, Destination = destination, SourcePorts = sourcePorts, DestinationPorts = destinationPorts, Family = family, Protocol = transport });
    }

    private static Gen<AddressMatch> Addresses(ImmutableArray<AddressList> lists)
    {
        Gen<EquatableArray<string>> names = lists.IsEmpty
            ? Gen.Const<EquatableArray<string>>([])
            : Gen.Bool.Array[lists.Length].Select(chosen => lists.Where((_, i) => chosen[i]).Select(l => l.Name).ToEquatableArray());
        return Gen.Frequency(
            (2, Gen.Const(AddressMatch.Any)),
            (5, Gen.Select(Gen.Frequency((6, s_prefix.Array[0, 4]), (1, s_prefix.Array[9, 12])), names, (prefixes, list) => new AddressMatch([.. prefixes.Distinct()], list))));
    }

    private static Gen<PolicyAction> Action(int slotCount, ImmutableArray<NamedSlots> names)
    {
        Gen<EquatableArray<SlotItem>> to = Gen.Frequency(
            (1, Gen.Const<EquatableArray<SlotItem>>([])),
            (2, Subset(slotCount).Select(Numbers)),
            (1, names.IsEmpty ? Gen.Const<EquatableArray<SlotItem>>([]) : Gen.OneOf([.. names.Select(n => (EquatableArray<SlotItem>)[SlotItem.Of(n.Name)])])));
        Gen<PolicyAction> hash = Gen.Select(to, s_key, s_seed, (slots, key, seed) => (PolicyAction)new SteerAction(new HashBalancer(slots, key, seed)));
        Gen<PolicyAction> weighted = Gen.Select(
            Subset(slotCount), Gen.Int[0, 20].Array[slotCount], s_key, s_seed,
            (slots, weights, key, seed) => (PolicyAction)new SteerAction(new WeightedBalancer(
                slots.Select((slot, i) => new SlotWeight(SlotItem.Of(slot), i == 0 ? weights[slot] + 1 : weights[slot])).ToEquatableArray(), [], key, seed)));
        Gen<PolicyAction> consistent = Gen.Select(to, s_key, s_seed, Gen.OneOf<int?>(null, 127, 1021), (slots, key, seed, size) =>
            (PolicyAction)new SteerAction(new ConsistentBalancer(slots, key, seed, size)));
        Gen<PolicyAction> plain = Gen.Select(to, Gen.Int[0, 2], (slots, kind) => (PolicyAction)new SteerAction(
            kind == 0 ? new RandomBalancer(slots) : kind == 1 ? new RoundRobinBalancer(slots) : new ChainBalancer(slots.Count == 0 ? [SlotItem.Of(0)] : slots)));
        Gen<PolicyAction> cpu = Gen.Select(to, Gen.Int[0, slotCount - 1], Gen.Bool, (slots, slot, isMapped) => (PolicyAction)new SteerAction(
            new CpuBalancer(slots, isMapped ? [new CpuSlot(new NumberRange(1, 2), SlotItem.Of(slot))] : [])));
        Gen<PolicyAction> numa = Gen.Select(Subset(slotCount), Subset(slotCount), Gen.Int[0, 2], s_key, s_seed, (one, other, node, key, seed) => (PolicyAction)new SteerAction(
            new NumaBalancer([new NumberedSlots(node, Numbers(one)), new NumberedSlots(5, Numbers(other))], key, seed)));
        Gen<PolicyAction> loads = Gen.Select(to, s_key, s_seed, Gen.OneOf(1, 5, 60), (slots, key, seed, stale) =>
            (PolicyAction)new SteerAction(new LeastLoadedBalancer(slots, TimeSpan.FromSeconds(stale), key, seed)));
        Gen<PolicyAction> generation = Gen.Select(Gen.Int[0, slotCount - 1], Gen.Int[0, slotCount - 1], s_key, s_seed, (middle, start, key, seed) => (PolicyAction)new SteerAction(
            new GenerationBalancer(middle == slotCount - 1 ? [SlotItem.Of(0, middle)] : [SlotItem.Of(0, middle), SlotItem.Of(middle + 1, slotCount - 1)], key, seed)));
        Gen<PolicyAction> ids = Gen.Select(Layout(slotCount), Gen.Int[0, 2], to, to, s_key, s_seed, (layout, at, latest, earlier, key, seed) => (PolicyAction)new SteerAction(
            new ConnectionIdBalancer(at, 4, layout, latest, earlier, key, seed)));
        Gen<PolicyAction> steer = Gen.Frequency(
            (3, hash),
            (2, weighted),
            (1, consistent),
            (1, loads),
            (1, generation),
            (2, ids),
            (2, plain),
            (1, cpu),
            (1, numa),
            (2, OneSlot(slotCount, names).Select(s => (PolicyAction)new SteerAction(new SlotBalancer(s)))));
        return Gen.Frequency(
            (10, steer),
            (3, Gen.Select(steer, Gen.OneOf(1, 10, 3600), (action, idle) => (PolicyAction)((SteerAction)action with { Sticky = new StickyFlows(1024, TimeSpan.FromSeconds(idle)) }))),
            (1, Gen.OneOf<PolicyAction>(new SteerAction(new KernelBalancer()), new RejectAction())));
    }

    /// <summary>Layouts of ids of four bytes.</summary>
    private static Gen<IdLayout> Layout(int slotCount)
    {
        Gen<IdField> field = Gen.Select(Gen.Int[0, 2], Gen.OneOf(1, 3, 8, 11), (at, bits) => new IdField(at, bits));
        Gen<EquatableArray<SlotItem>> to = Gen.OneOf<EquatableArray<SlotItem>>([], [SlotItem.Of(0, slotCount - 1)], [SlotItem.Of(slotCount - 1)]);
        Gen<EquatableArray<IdPrefix>> prefixes = Gen.Select(s_payloadByte.Array[3], Gen.Int[1, 3], Gen.Int[0, slotCount - 1]).Array[1, 3].Select(all => all
            .Select(p => new IdPrefix(Bytes(p.Item1, p.Item2), SlotItem.Of(p.Item3))).DistinctBy(p => p.Prefix).ToEquatableArray());
        return Gen.OneOf<IdLayout>(
            Gen.Select(field, to, (worker, slots) => (IdLayout)new WorkerLayout(worker, slots)),
            Gen.Select(field, to, (number, slots) => (IdLayout)new ModuloLayout(number, slots)),
            Gen.Select(Gen.Int[0, 3], field, Gen.Int[0, slotCount - 1], (at, worker, slot) => (IdLayout)new GenerationLayout(
                new IdField(at, 2), worker, [new NumberedSlots(0, [SlotItem.Of(0, slotCount - 1)]), new NumberedSlots(2, [SlotItem.Of(slot)])])),
            prefixes.Select(p => (IdLayout)new PrefixLayout(p)),
            Gen.Select(prefixes, Gen.Int[0, PrefixLayout.HighestConfig], (p, config) => (IdLayout)new PrefixLayout(p, config)));
    }

    /// <summary>Makes a policy valid whose actions do not suit its protocol or each other.</summary>
    private static SteeringPolicy Settle(SteeringPolicy policy)
    {
        bool hasIds = policy.Protocol != PolicyProtocol.Tcp &&
            (policy.Otherwise is SteerAction { By: ConnectionIdBalancer } || policy.Rules.Items.Any(r => r.Action is SteerAction { By: ConnectionIdBalancer }));
        return policy with
        {
            Rules = policy.Rules.Items.Select(r => r with { Action = Fit(r.Action, r.When.Protocol == TransportProtocol.Tcp || r.When.TcpFlags.Count > 0) }).ToEquatableArray(),
            Otherwise = Fit(policy.Otherwise, isTcp: false),
        };

        PolicyAction Fit(PolicyAction action, bool isTcp)
        {
            isTcp |= policy.Protocol == PolicyProtocol.Tcp;
            return action switch
            {
                SteerAction { By: ConnectionIdBalancer ids } when isTcp => new SteerAction(new HashBalancer(ids.New)),
                SteerAction { By: GenerationBalancer } steer when isTcp => steer with { Sticky = null },
                SteerAction { Sticky: null, By: GenerationBalancer } steer => steer with { Sticky = new StickyFlows(512, TimeSpan.FromSeconds(2)) },
                SteerAction { Sticky: null, By: RandomBalancer or RoundRobinBalancer or CpuBalancer or NumaBalancer or LeastLoadedBalancer } steer when hasIds =>
                    steer with { Sticky = new StickyFlows(256, TimeSpan.FromSeconds(2)) },
                _ => action,
            };
        }
    }

    private static Gen<SlotItem> OneSlot(int slotCount, ImmutableArray<NamedSlots> names)
    {
        Gen<SlotItem> number = Gen.Int[0, slotCount - 1].Select(SlotItem.Of);
        SlotItem[] single = [.. names.Where(n => n.Slots.Count == 1 && n.Slots[0].First == n.Slots[0].Last).Select(n => SlotItem.Of(n.Name))];
        return single.Length == 0 ? number : Gen.Frequency((2, number), (1, Gen.OneOf(single)));
    }

    private static Gen<int[]> Subset(int slotCount) => Gen.Select(
        Gen.Bool.Array[slotCount], Gen.Int[0, slotCount - 1], (chosen, one) => Enumerable.Range(0, slotCount).Where(s => chosen[s] || s == one).ToArray());

    /// <summary>Slots as items: neighbours become ranges.</summary>
    private static EquatableArray<SlotItem> Numbers(int[] slots)
    {
        List<SlotItem> items = [];
        foreach (int slot in slots)
        {
            if (items.Count > 0 && items[^1].Last == slot - 1)
            {
                items[^1] = SlotItem.Of(items[^1].First, slot);
            }
            else
            {
                items.Add(SlotItem.Of(slot));
            }
        }

        return items.ToEquatableArray();
    }

    private static ByteString Bytes(byte[] bytes, int length) => new(bytes[..length].Aggregate(0UL, (value, one) => value << 8 | one), length);

    private static Gen<UInt128> AddressOf(IpFamily family) => family == IpFamily.V4 ? s_ipv4 : s_ipv6;

    private static UInt128 Address(string top, ulong next) =>
        new(((ulong)Convert.ToUInt32(top, 16) << 32) | next, 0);
}
