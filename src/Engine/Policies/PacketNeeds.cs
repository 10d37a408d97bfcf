using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Packets;
using Frame = ReuseportPS.Engine.Policies.PolicyCode.Frame;

namespace ReuseportPS.Engine.Policies;

/// <summary>Which parts of a packet a policy looks at.</summary>
internal sealed record PacketNeeds(bool Ports, bool Source, bool SourceKey, bool Destination, bool DestinationKey, bool TcpFlags, bool FlowKey)
{
    public static PacketNeeds Of(SteeringPolicy policy)
    {
        PolicyMatch[] matches = [.. policy.Rules.Items.SelectMany(r => r.When.All())];
        bool needsFlow = policy.Migrates || policy.SampleOneIn is not null || policy.StickyActions().Any();
        HashKey keys = needsFlow || matches.Any(m => m.Fraction is not null) ? HashKey.FourTuple : HashKey.None;
        keys = policy.AllActions().Aggregate(keys, (all, action) => all | KeyOf(action));
        return new PacketNeeds(
            Ports: (keys & (HashKey.SourcePort | HashKey.DestinationPort)) != HashKey.None || matches.Any(m => m.SourcePorts.Count + m.DestinationPorts.Count > 0),
            Source: keys.HasFlag(HashKey.Source) || matches.Any(m => !m.Source.IsAny),
            SourceKey: matches.Any(m => BankPlan.UsesLists(m.Source)),
            Destination: keys.HasFlag(HashKey.Destination) || matches.Any(m => !m.Destination.IsAny),
            DestinationKey: matches.Any(m => BankPlan.UsesLists(m.Destination)),
            TcpFlags: LooksAtFlags(policy),
            FlowKey: needsFlow);
    }

    /// <summary>Whether the flags of TCP segments matter.</summary>
    public static bool LooksAtFlags(SteeringPolicy policy) => policy.Protocol != PolicyProtocol.Udp &&
        (policy.Rules.Items.Any(r => AsksForSyn(r.Action) || r.When.All().Any(m => m.TcpFlags.Count > 0)) || AsksForSyn(policy.Otherwise));

    private static HashKey KeyOf(PolicyAction action) => action is SteerAction steer ? steer.By.HashedKey : HashKey.None;

    /// <summary>Whether an action treats a SYN and other segments differently.</summary>
    private static bool AsksForSyn(PolicyAction action) => action is SteerAction { By: RoundRobinBalancer } or SteerAction { Sticky: not null };

    /// <summary>Where the destination address is on the stack.</summary>
    public short DestinationAt(IpFamily family) =>
        DestinationKey && !FlowKey ? Frame.DestinationKey : (short)(Frame.Source + (family == IpFamily.V4 ? 4 : 16));

    /// <summary>Where the words of a key are on the stack (<see cref="FlowHash"/>).</summary>
    public IEnumerable<(MemorySize Size, short At)> Words(HashKey key, IpFamily family)
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
}
