using System.Net;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Engine.Backends.Health;

/// <summary>Whether two kernel groups can be candidates for the same packet, and by what they differ.</summary>
internal static class AddressOverlap
{
    public static bool Meet(KernelGroupKey one, KernelGroupKey other) =>
        (one.Namespace, one.Protocol, one.Port) == (other.Namespace, other.Protocol, other.Port)
        && (one.InterfaceIndex == 0 || other.InterfaceIndex == 0 || one.InterfaceIndex == other.InterfaceIndex)
        && (one.Family == other.Family ? MeetAlike(one.Address, other.Address) : one.Family == IpFamily.V6 ? MeetMixed(one, other) : MeetMixed(other, one));

    /// <summary>What makes two kernel groups of what might be one.</summary>
    public static IEnumerable<string> Differences(KernelGroupKey one, KernelGroupKey other)
    {
        if (one.Family != other.Family)
        {
            yield return "family";
        }
        else if (!one.Address.Equals(other.Address))
        {
            yield return "address";
        }

        if (one.InterfaceIndex != other.InterfaceIndex)
        {
            yield return "device";
        }

        if (one.Family == other.Family && one.V6Only != other.V6Only)
        {
            yield return "IPV6_V6ONLY";
        }

        if (one.Uid != other.Uid)
        {
            yield return "user";
        }
    }

    private static bool MeetAlike(IPAddress one, IPAddress other) => one.Equals(other) || IsAny(one) || IsAny(other);

    private static bool MeetMixed(KernelGroupKey v6, KernelGroupKey v4) => !v6.V6Only
        && (IsAny(v6.Address) || (v6.Address.IsIPv4MappedToIPv6 && MeetAlike(v6.Address.MapToIPv4(), v4.Address)));

    private static bool IsAny(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);
}
