using System.Collections.Immutable;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Simulator.Randomness;

namespace ReuseportPS.Simulator.Fidelity;

/// <summary>Random valid policies that have something to say about the flows of <see cref="FlowPools"/>.</summary>
public sealed class RandomPolicy
{
    private readonly Xoshiro256 _random;
    private readonly int _slotCount;
    private readonly PolicyProtocol _protocol;
    private readonly bool _looksUpCookies;
    private readonly ImmutableArray<NamedSlots> _names;
    private readonly ImmutableArray<AddressList> _lists;

    private RandomPolicy(Xoshiro256 random, int slotCount)
    {
        (_random, _slotCount) = (random, slotCount);
        _protocol = Pick(PolicyProtocol.Any, PolicyProtocol.Any, PolicyProtocol.Tcp, PolicyProtocol.Udp);
        _looksUpCookies = Below(4) == 0;
        _names = [.. Enumerable.Range(0, Below(3)).Select(i => new NamedSlots($"name{i}", Items(Subset())))];
        _lists = [.. Enumerable.Range(0, Below(4)).Select(i => new AddressList($"list{i}", Prefixes(Below(5))))];
    }

    /// <summary>A policy.</summary>
    /// <param name="random">Where the draws come from.</param>
    /// <param name="slotCount">Slots of the group.</param>
    /// <param name="name">Its name.</param>
    public static SteeringPolicy Create(Xoshiro256 random, int slotCount, string name) => new RandomPolicy(random, slotCount).Create(name);

    private SteeringPolicy Create(string name) => Settle(new SteeringPolicy
    {
        Name = name,
        Protocol = _protocol,
        Slots = new(_names),
        Lists = new(_lists),
        Rules = Enumerable.Range(0, Below(7)).Select(_ => Rule()).ToEquatableArray(),
        Otherwise = Action(),
        OnMiss = Below(6) switch
        {
            0 => new MissAction(MissKind.Kernel),
            1 => new MissAction(MissKind.Reject),
            2 => new MissAction(MissKind.Slot, SlotItem.Of(Below(_slotCount))),
            _ => MissAction.Next,
        },
        Migrates = Below(3) == 0,
        SampleOneIn = Pick<int?>(null, null, 1, 2, 7),
    });

    /// <summary>States of slots, most of them active.</summary>
    /// <param name="random">Where the draws come from.</param>
    /// <param name="slotCount">Slots of the group.</param>
    public static SlotStates States(Xoshiro256 random, int slotCount)
    {
        SlotStates states = SlotStates.AllActive;
        for (int slot = 0; slot < slotCount; slot++)
        {
            states = random.NextBelow(8u) switch
            {
                0 => states.With(slot, SlotState.Draining),
                1 => states.With(slot, SlotState.Standby),
                2 => states.Reseated(slot),
                _ => states,
            };
        }

        return states;
    }

    private PolicyRule Rule() => new(null, Match(depth: 2), Action());

    /// <summary>What the language can ask of a packet, but for what the two hosts need not have in common: the node.</summary>
    private PolicyMatch Match(int depth)
    {
        PolicyMatch match = Headers();
        bool isTcp = _protocol == PolicyProtocol.Tcp || match.Protocol == TransportProtocol.Tcp;
        bool isUdp = _protocol == PolicyProtocol.Udp || match.Protocol == TransportProtocol.Udp;
        return Below(12) switch
        {
            10 when !isUdp => match with { Migrating = Below(2) == 0 },
            11 => match with { Cpus = [new NumberRange(Below(2), Below(2) == 0 ? 1 : 63)] },
            0 => match with { Fraction = new FlowFraction(1 + Below(999_999)) },
            1 when !isTcp => match with { Lengths = [new NumberRange(Below(8), 8 + Below(20))] },
            2 when !isTcp => match with { Bytes = [new BytesTest(Below(4), new ByteString(0x0f, 1), [new ByteString((ulong)Below(16), 1), new ByteString((ulong)Below(16), 1)])] },
            3 when !isUdp => match with { TcpFlags = [Pick(TcpFlagsTest.PureSyn, new TcpFlagsTest(0x10, 0x10))] },
            4 when depth > 0 => match with { Protocol = null, Not = Inner(depth) },
            5 when depth > 0 => match with { Protocol = null, AnyOf = Inner(depth) },
            _ => match,
        };
    }

    private EquatableArray<PolicyMatch> Inner(int depth) =>
        Enumerable.Range(0, 1 + Below(2)).Select(_ => Match(depth - 1)).Where(match => match != PolicyMatch.Everything).DefaultIfEmpty(new PolicyMatch { Family = IpFamily.V4 }).ToEquatableArray();

    private PolicyMatch Headers() => new()
    {
        Source = Below(3) == 0 ? AddressMatch.Any : Addresses(),
        Destination = Below(4) == 0 ? Addresses() : AddressMatch.Any,
        SourcePorts = Ports(),
        DestinationPorts = Below(3) == 0 ? Ports() : [],
        Family = Pick<IpFamily?>(null, null, null, IpFamily.V4, IpFamily.V6),
        Protocol = _protocol switch
        {
            PolicyProtocol.Any => Pick<TransportProtocol?>(null, null, TransportProtocol.Tcp, TransportProtocol.Udp),
            PolicyProtocol.Tcp => Pick<TransportProtocol?>(null, TransportProtocol.Tcp),
            _ => Pick<TransportProtocol?>(null, TransportProtocol.Udp),
        },
    };

    private AddressMatch Addresses() => new(
        Prefixes(Below(7) == 0 ? 9 + Below(4) : Below(5)),
        _lists.Where(_ => Below(2) == 0).Select(list => list.Name).ToEquatableArray());

    private EquatableArray<AddressPrefix> Prefixes(int count) => Enumerable.Range(0, count).Select(_ =>
    {
        IpFamily family = Pick(IpFamily.V4, IpFamily.V6);
        int bits = family == IpFamily.V4 ? 32 : 128;
        int length = Below(9) switch
        {
            0 => 0,
            1 or 2 => Below(bits + 1),
            _ => Math.Min(bits, Pick(8, 16, 29, 31, 32, 33, 48, 64, 90, 125, 127, 128)),
        };
        return new AddressPrefix(family, FlowPools.Address(_random, family) & new AddressPrefix(family, 0, length).Mask, length);
    }).Distinct().ToEquatableArray();

    private EquatableArray<PortRange> Ports() => Below(4) > 0 ? [] : Enumerable.Range(0, 1 + Below(4)).Select(_ =>
    {
        ushort first = FlowPools.Port(_random);
        ushort last = Below(2) == 0 ? first : FlowPools.Port(_random);
        return new PortRange(Math.Min(first, last), Math.Max(first, last));
    }).ToEquatableArray();

    private PolicyAction Action()
    {
        PolicyAction action = Below(32) switch
        {
            < 6 => new SteerAction(new HashBalancer(SomeSlots(), Key(), Seed())),
            < 9 => new SteerAction(new WeightedBalancer(
                Subset().Select((slot, i) => new SlotWeight(SlotItem.Of(slot), Below(21) + (i == 0 ? 1 : 0))).ToEquatableArray(), [], Key(), Seed())),
            < 11 => new SteerAction(new SlotBalancer(SlotItem.Of(Below(_slotCount)))),
            < 13 => new SteerAction(new KernelBalancer()),
            13 => new RejectAction(),
            14 => new SteerAction(new ConsistentBalancer(SomeSlots(), Key(), Seed(), _slotCount > 1021 ? null : Pick<int?>(null, _slotCount > 127 ? 1021 : 127, 1021))),
            15 => new SteerAction(new ChainBalancer(Items([.. Subset().Take(ChainBalancer.MostSlots)]))),
            16 => new SteerAction(new CpuBalancer(SomeSlots(), Below(2) == 0 ? [] : [new CpuSlot(new NumberRange(Below(2), 1), SlotItem.Of(Below(_slotCount)))])),
            17 or 18 => new SteerAction(new RoundRobinBalancer(SomeSlots())),
            19 => new SteerAction(new RandomBalancer(SomeSlots())),
            20 or 21 => new SteerAction(new LeastLoadedBalancer(SomeSlots(), TimeSpan.FromHours(1), Key(), Seed())),
            22 or 23 => new SteerAction(new GenerationBalancer([SlotItem.Of(0, Below(_slotCount))], Key(), Seed())),
            _ => ConnectionId(),
        };
        return action is SteerAction { By: not KernelBalancer } steer && Below(4) == 0 ? steer with { Sticky = Sticky() } : action;
    }

    private StickyFlows Sticky() => new(Pick(16, 1024, 65536), TimeSpan.FromHours(1));

    /// <summary>
    /// Ids of 8 or 20 bytes, in every layout. Cookies, of which each host has its own, are looked up in all ids of a policy or in none, so that nothing else is read from them.
    /// </summary>
    private SteerAction ConnectionId()
    {
        int length = Pick(8, 8, 20);
        IdField worker = Pick(new IdField(7, 8), new IdField(0, 3), new IdField(2, 11));
        EquatableArray<SlotItem> to = Below(2) == 0 ? [] : Items(Subset());
        IdLayout layout = _looksUpCookies ? new CookieLayout(0) : Below(5) switch
        {
            0 => new WorkerLayout(worker, to),
            1 => new ModuloLayout(new IdField(0, 32), to),
            2 => new GenerationLayout(new IdField(0, 2), worker, [new NumberedSlots(0, [SlotItem.Of(0, _slotCount - 1)]), new NumberedSlots(2, Items(Subset()))]),
            3 => new PrefixLayout(IdPrefixes()),
            _ => new PrefixLayout(IdPrefixes(), Below(PrefixLayout.HighestConfig + 1)),
        };
        return new SteerAction(new ConnectionIdBalancer(1, length, layout, SomeSlots(), SomeSlots(), Key(), Seed()));
    }

    private EquatableArray<IdPrefix> IdPrefixes() => Enumerable.Range(0, 1 + Below(6)).Select(_ =>
    {
        int length = 1 + Below(3);
        ulong bytes = Enumerable.Range(0, length).Aggregate(0UL, (value, _) => (value << 8) | FlowPools.IdByte(_random));
        return new IdPrefix(new ByteString(bytes, length), SlotItem.Of(Below(_slotCount)));
    }).DistinctBy(id => id.Prefix).ToEquatableArray();

    /// <summary>Makes a policy valid whose actions do not suit its protocol or each other.</summary>
    private SteeringPolicy Settle(SteeringPolicy policy)
    {
        policy = policy with
        {
            Rules = policy.Rules.Items.Select(rule => rule with { Action = Fit(rule.Action, rule.When.Protocol == TransportProtocol.Tcp || rule.When.TcpFlags.Count > 0) }).ToEquatableArray(),
            Otherwise = Fit(policy.Otherwise, isTcp: false),
        };
        bool hasIds = policy.AllActions().Any(action => action is SteerAction { By: ConnectionIdBalancer });
        return hasIds ? policy with { Rules = policy.Rules.Items.Select(rule => rule with { Action = Gather(rule.Action) }).ToEquatableArray(), Otherwise = Gather(policy.Otherwise) } : policy;

        PolicyAction Fit(PolicyAction action, bool isTcp) => action switch
        {
            SteerAction { By: ConnectionIdBalancer ids } when isTcp || _protocol == PolicyProtocol.Tcp => new SteerAction(new HashBalancer(ids.New)),
            SteerAction { By: GenerationBalancer } steer when isTcp || _protocol == PolicyProtocol.Tcp => steer with { Sticky = null },
            SteerAction { By: GenerationBalancer, Sticky: null } steer => steer with { Sticky = Sticky() },
            _ => action,
        };

        // Beside connection ids nothing may scatter the datagrams of a flow.
        PolicyAction Gather(PolicyAction action) =>
            action is SteerAction { Sticky: null, By: RandomBalancer or RoundRobinBalancer or CpuBalancer or LeastLoadedBalancer } steer ? steer with { Sticky = Sticky() } : action;
    }

    private EquatableArray<SlotItem> SomeSlots() => Below(4) switch
    {
        0 => [],
        1 when !_names.IsEmpty => [SlotItem.Of(_names[Below(_names.Length)].Name)],
        _ => Items(Subset()),
    };

    private HashKey Key() => Below(3) == 0 ? HashKey.FourTuple : (HashKey)(1 + Below(15));

    private uint Seed() => Below(3) > 0 ? 0 : _random.NextUInt32();

    private int[] Subset()
    {
        int one = Below(_slotCount);
        return [.. Enumerable.Range(0, _slotCount).Where(slot => slot == one || Below(2) == 0)];
    }

    /// <summary>Slots as items: neighbours become ranges.</summary>
    private static EquatableArray<SlotItem> Items(int[] slots)
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

    private int Below(int bound) => (int)_random.NextBelow((uint)bound);

    private T Pick<T>(params ReadOnlySpan<T> from) => FlowPools.Pick(_random, from);
}
