using System.Net;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Engine.Backends.Groups;

/// <summary>One kernel group in <see cref="GroupState"/>. <paramref name="ProgramId"/> is the program attached to it, 0 for none.</summary>
internal sealed record KernelGroupState(
    ulong Namespace, TransportProtocol Protocol, IpFamily Family, string Address, int Port, int InterfaceIndex, bool V6Only, uint Uid,
    uint ProgramId = 0)
{
    public KernelGroupKey ToKey() => new(Namespace, Protocol, Family, IPAddress.Parse(Address), Port, InterfaceIndex, V6Only, Uid);

    public static KernelGroupState Of(KernelGroupKey key, uint programId) => new(
        key.Namespace, key.Protocol, key.Family, key.Address.ToString(), key.Port, key.InterfaceIndex, key.V6Only, key.Uid, programId);
}
