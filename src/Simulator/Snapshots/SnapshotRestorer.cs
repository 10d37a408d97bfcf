using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Backends.Snapshots;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Simulator.Sockets;

namespace ReuseportPS.Simulator.Snapshots;

/// <summary>Makes the groups of a snapshot again, in a simulator of their own.</summary>
public static class SnapshotRestorer
{
    private const int Backlog = 511;

    /// <summary>A simulator with the snapshot's groups: the same members with the same cookies in the same order and seats, the same policies, and its live connections to be listed.</summary>
    /// <param name="snapshot">The snapshot.</param>
    /// <param name="text">How policies are read.</param>
    /// <param name="source">What the findings call the snapshot.</param>
    /// <returns>Its groups; dispose them and their backend.</returns>
    /// <exception cref="DiagnosticException">RPS5395 or RPS5396: a group cannot be made.</exception>
    public static GroupCatalog Restore(HostSnapshot snapshot, PolicyText text, string? source = null)
    {
        SimulatorBackend backend = new(snapshot.Preview);
        GroupCatalog groups = new(backend, text);
        try
        {
            Dictionary<ulong, IBackendSocket> members = [];
            foreach (SnapshotGroup group in snapshot.Groups)
            {
                Rebuild(backend, groups, group, members, text, source);
            }

            backend.RecordedConnections =
                [.. LiveConnection.InOrder(snapshot.Groups.SelectMany(group => group.Flows).DistinctBy(flow => flow.Cookie))];
            return groups;
        }
        catch
        {
            groups.Dispose();
            backend.Dispose();
            throw;
        }
    }

    private static void Rebuild(
        SimulatorBackend backend, GroupCatalog groups, SnapshotGroup group, Dictionary<ulong, IBackendSocket> members, PolicyText text, string? source)
    {
        RequirePolicy(group, text, source);
        try
        {
            foreach (SnapshotKernelGroup kernelGroup in group.KernelGroups)
            {
                foreach (ulong cookie in kernelGroup.Members.Where(cookie => !members.ContainsKey(cookie)))
                {
                    members.Add(cookie, Open(backend, kernelGroup.Key, cookie));
                }
            }

            using ManagedGroup made = groups.Rebuild(group, members);
        }
        catch (DiagnosticException exception)
        {
            throw new DiagnosticException(
                SnapshotDiagnostics.CannotRebuild.At(new SourceLocation(source), $"Group '{group.Name}' cannot be made: {exception.Diagnostics[0].Message} [{exception.Diagnostics[0].Code}]"), exception);
        }
    }

    private static void RequirePolicy(SnapshotGroup group, PolicyText text, string? source)
    {
        try
        {
            _ = group.Policy is null ? null : text.Read(group.Policy);
        }
        catch (DiagnosticException exception)
        {
            throw new DiagnosticException(SnapshotDiagnostics.BadPolicy.At(
                new SourceLocation(source), $"The policy of group '{group.Name}' cannot be read: {exception.Diagnostics[0].Location}: {exception.Diagnostics[0].Message} [{exception.Diagnostics[0].Code}]"), exception);
        }
    }

    /// <summary>A member: bound, and a listener when it is TCP. Kernel groups take members in this order.</summary>
    private static SimulatedSocket Open(SimulatorBackend backend, KernelGroupKey key, ulong cookie)
    {
        SimulatedSocket socket = (SimulatedSocket)backend.CreateSocket(new SocketSpec(key.Protocol, key.Family, V6Only: key.Family == IpFamily.V6 ? key.V6Only : null, Uid: key.Uid));
        socket.Sock.InterfaceIndex = key.InterfaceIndex;
        socket.Sock.TakeCookie(cookie);
        socket.Bind(key.EndPoint);
        if (key.Protocol == TransportProtocol.Tcp)
        {
            socket.Listen(Backlog);
        }

        return socket;
    }
}
