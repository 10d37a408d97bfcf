using System.Net;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Engine.Backends.Groups;

/// <summary>One kernel group in <see cref="GroupState"/>. <paramref name="ProgramId"/> is the program attached to it, 0 for none.</summary>
internal sealed record KernelGroupState(
    ulong Namespace, TransportProtocol Protocol, IpFamily Family, string Address, int Port, int InterfaceIndex, bool V6Only, uint Uid,
    uint ProgramId = 0)
{
    /// <summary>SO_NETNS_COOKIE of the members; 0 where it was not told, or kept.</summary>
    public ulong NamespaceCookie { get; init; }

    public KernelGroupKey ToKey() => new(Namespace, Protocol, Family, IPAddress.Parse(Address), Port, InterfaceIndex, V6Only, Uid);

    public static KernelGroupState Of(KernelGroup group, uint programId) => new(
        group.Key.Namespace, group.Key.Protocol, group.Key.Family, group.Key.Address.ToString(), group.Key.Port, group.Key.InterfaceIndex, group.Key.V6Only, group.Key.Uid, programId)
    {
        NamespaceCookie = group.NamespaceCookie,
    };
}
