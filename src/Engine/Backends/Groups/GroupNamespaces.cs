using System.Collections.Immutable;
using System.Globalization;
using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Engine.Backends.Groups;

/// <summary>Which network namespace a group is in: one, told by its number while it lives, and by its cookie from another that has the number after it.</summary>
internal static class GroupNamespaces
{
    /// <summary>Opens the namespace of sockets or pins; null for the backend's current one, and where no process in it can be seen.</summary>
    public static INetworkNamespace? Open(IReuseportBackend backend, IEnumerable<ulong> ids) =>
        ids.FirstOrDefault(id => id != backend.CurrentNamespace.Id) is not 0 and ulong other ? backend.OpenNamespace(other) : null;

    /// <summary>Refuses sockets of several namespaces: a group looks for its members in one.</summary>
    public static void RequireOne(string group, ImmutableArray<SocketRecord> members)
    {
        IGrouping<ulong, SocketRecord>[] places = [.. members.GroupBy(member => member.NetworkNamespace).OrderBy(place => place.Key)];
        if (places.Length > 1)
        {
            throw new DiagnosticException(Diagnostic.Error(
                GroupCodes.SeveralNamespaces, $"The sockets for group '{group}' are in several network namespaces: {string.Join(", ", places.Select(Describe))}.",
                remedy: "Make one group for each network namespace: pipe the processes of one of them into New-ReuseportGroup."));
        }
    }

    /// <summary>Refuses to look for newcomers of a group whose namespace is nowhere, and whose seats are all empty.</summary>
    public static void RequireAlive(string group, KernelGroupKey key, INetworkNamespace place)
    {
        if (key.Namespace != place.Id)
        {
            throw new DiagnosticException(Diagnostic.Error(
                GroupCodes.NamespaceEnded, string.Create(CultureInfo.InvariantCulture, $"{key} of group '{group}' was in network namespace {key.Namespace}, in which no process can be seen any more; its seats are empty."),
                remedy: AdoptAgain(group)));
        }
    }

    /// <summary>Refuses a newcomer whose namespace has the number that the group's had before it ended.</summary>
    public static void RequireSame(string group, KernelGroup kernelGroup, IBackendSocket newcomer)
    {
        if (kernelGroup.NamespaceCookie != 0 && newcomer.NamespaceCookie is not 0 and ulong found && found != kernelGroup.NamespaceCookie)
        {
            throw new DiagnosticException(Diagnostic.Error(
                GroupCodes.OtherNamespace,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{kernelGroup.Key} of group '{group}' was in a network namespace that has ended (cookie {kernelGroup.NamespaceCookie}); the one that now has its number {kernelGroup.Key.Namespace} is another (cookie {found})."),
                remedy: AdoptAgain(group)));
        }
    }

    /// <summary>The remedy where nobody listens in the current namespace: who does in another.</summary>
    public static string? Elsewhere(IReuseportBackend backend, GroupAdoptRequest request)
    {
        SocketOwner? owner = backend.Survey(new SocketQuery(request.Protocol, request.Port, request.Address)).Sockets
            .Where(socket => socket.Record.NetworkNamespace != backend.CurrentNamespace.Id && !socket.Record.IsConnected)
            .SelectMany(socket => socket.Record.Owners).OrderBy(found => found.ProcessId).FirstOrDefault();
        return owner is null ? null : string.Create(
            CultureInfo.InvariantCulture,
            $"Process {owner.ProcessId} ({owner.Command}) in another network namespace listens there: pipe the process in, Get-Process -Id {owner.ProcessId} | New-ReuseportGroup {request.Name} -Port {request.Port}.");
    }

    private static string AdoptAgain(string group) =>
        $"Keep the policy ($policy = Get-SteeringPolicy {group}), remove the group (Remove-ReuseportGroup {group}), adopt the server again (Get-Process -Id PID | New-ReuseportGroup {group}) and set the policy.";

    private static string Describe(IGrouping<ulong, SocketRecord> place)
    {
        int[] processes = [.. place.SelectMany(member => member.Owners).Select(owner => owner.ProcessId).Distinct().Order()];
        return string.Create(CultureInfo.InvariantCulture, $"{place.Key}{(processes.Length == 0 ? "" : $" (process {processes[0]})")}");
    }
}
