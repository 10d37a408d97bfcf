using System.Collections.Immutable;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Engine.Tests.Policies;

/// <summary>Policies near the limits of what the compiler takes.</summary>
public static class LargePolicies
{
    /// <summary>As many rules as there may be, each with a choice of its own.</summary>
    public static SteeringPolicy ManyRules { get; } = Policy(Enumerable.Range(0, PolicyValidator.MostRules).Select(i => new PolicyRule(
        null, new PolicyMatch { SourcePorts = [Port(i)] }, new SteerAction(new HashBalancer([SlotItem.Of(i, i + 5)], HashKey.FourTuple, (uint)i)))));

    /// <summary>Rules that test everything there is, as many as fit.</summary>
    public static SteeringPolicy ManyTests { get; } = Policy(
        Enumerable.Range(0, 600).Select(i => new PolicyRule(
            null,
            new PolicyMatch
            {
                Source = new AddressMatch([new AddressPrefix(IpFamily.V6, (UInt128)i << 64, 64), new AddressPrefix(IpFamily.V4, (UInt128)i, 32)], ["list"]),
                SourcePorts = [new PortRange((ushort)(3 * i), (ushort)((3 * i) + 1)), new PortRange((ushort)(i + 10000), (ushort)((2 * i) + 10000))],
                Protocol = i % 2 == 0 ? TransportProtocol.Tcp : TransportProtocol.Udp,
            },
            i % 3 == 0 ? new SteerAction(new SlotBalancer(SlotItem.Of(i))) : new SteerAction(new HashBalancer([SlotItem.Of(0), SlotItem.Of(i + 2)], (HashKey)(1 + (i % 15)))))),
        new AddressList("list", [new AddressPrefix(IpFamily.V4, 0, 0)]));

    public static ImmutableArray<SteeringPolicy> All { get; } = [ManyRules, ManyTests, ManyPorts, ManyConditions(3900)];

    /// <summary>Rules with two tests each.</summary>
    public static SteeringPolicy ManyConditions(int count) => Policy(
        Enumerable.Range(1, count).Select(i => new PolicyRule(null, new PolicyMatch { SourcePorts = [new PortRange((ushort)(2 * i), (ushort)((2 * i) + 1))] }, new RejectAction())));

    /// <summary>One rule with many ports.</summary>
    public static SteeringPolicy ManyPorts => Policy(
        [new PolicyRule(null, new PolicyMatch { SourcePorts = Enumerable.Range(0, 9000).Select(i => Port(i * 7)).ToEquatableArray() }, new RejectAction())]);

    private static PortRange Port(int port) => new((ushort)port, (ushort)port);

    private static SteeringPolicy Policy(IEnumerable<PolicyRule> rules, params ReadOnlySpan<AddressList> lists) => new()
    {
        Lists = EquatableArray.Create(lists),
        Rules = rules.ToEquatableArray(),
        Otherwise = new SteerAction(new HashBalancer([])),
    };
}
