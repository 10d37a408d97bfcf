using System.Net;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Session;

/// <summary>The live connections of managed groups.</summary>
internal static class GroupConnections
{
    /// <summary>Those whose local end is one that the group is bound to, each once; none where the backend cannot tell.</summary>
    public static IReadOnlyList<LiveConnection> Of(IReuseportBackend backend, ManagedGroup group) => backend is not ILiveConnections live
        ? []
        :
        [
            .. group.KernelGroups.Select(key => (key.Protocol, key.Port)).Distinct()
                .SelectMany(end => live.FindConnections(end.Protocol, end.Port))
                .Where(connection => group.KernelGroups.Any(key => IsOf(key, connection)))
                .DistinctBy(connection => connection.Cookie),
        ];

    private static bool IsOf(KernelGroupKey key, LiveConnection connection) =>
        key.Protocol == connection.Protocol
        && key.Port == connection.Local.Port
        && (key.Address.Equals(connection.Local.Address)
            || (key.Address.Equals(IPAddress.Any) && connection.Flow.Family == IpFamily.V4)
            || (key.Address.Equals(IPAddress.IPv6Any) && (connection.Flow.Family == IpFamily.V6 || !key.V6Only)));
}
