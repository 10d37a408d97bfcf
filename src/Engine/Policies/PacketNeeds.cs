using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Packets;
using Frame = ReuseportPS.Engine.Policies.PolicyCode.Frame;

namespace ReuseportPS.Engine.Policies;

/// <summary>Which parts of a packet a policy looks at.</summary>
internal sealed record PacketNeeds(bool Ports, bool Source, bool SourceKey, bool Destination, bool DestinationKey)
{
    public static PacketNeeds Of(SteeringPolicy policy)
    {
        HashKey keys = policy.Rules.Items.Select(r => r.Action).Append(policy.Otherwise).Aggregate(HashKey.None, (all, action) => all | KeyOf(action));
        return new PacketNeeds(
            Ports: (keys & (HashKey.SourcePort | HashKey.DestinationPort)) != HashKey.None || policy.Rules.Items.Any(r => r.When.SourcePorts.Count + r.When.DestinationPorts.Count > 0),
            Source: keys.HasFlag(HashKey.Source) || policy.Rules.Items.Any(r => !r.When.Source.IsAny),
            SourceKey: policy.Rules.Items.Any(r => BankPlan.UsesLists(r.When.Source)),
            Destination: keys.HasFlag(HashKey.Destination) || policy.Rules.Items.Any(r => !r.When.Destination.IsAny),
            DestinationKey: policy.Rules.Items.Any(r => BankPlan.UsesLists(r.When.Destination)));
    }

    private static HashKey KeyOf(PolicyAction action) => action switch
    {
        SteerAction { By: HashBalancer by } => by.Key,
        SteerAction { By: WeightedBalancer by } => by.Key,
        _ => HashKey.None,
    };

    /// <summary>Where the destination address is on the stack.</summary>
    public short DestinationAt(IpFamily family) =>
        DestinationKey ? Frame.DestinationKey : (short)(Frame.Source + (family == IpFamily.V4 ? 4 : 16));

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
