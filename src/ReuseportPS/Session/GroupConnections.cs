using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Backends.Groups;

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
                .SelectMany(end => live.FindConnections(end.Protocol, end.Port, group.Place))
                .Where(connection => group.KernelGroups.Any(key => key.Takes(connection)))
                .DistinctBy(connection => (connection.Cookie, connection.Local, connection.Remote)),
        ];
}
