using System.Collections.Immutable;

namespace ReuseportPS.Engine.Backends.Groups;

// A server that was just reloaded or started is not done when it has been told.
public sealed partial class ManagedGroup
{
    private static readonly TimeSpan s_betweenLooks = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Looks again as <see cref="Synchronize"/> does, when the server has settled: two looks in a row found the same members, the same processes that hold and that serve them, and nobody whom none serves. Until then members that
    /// came have no seat, and the others get the traffic; but where all that sat are gone, those that are there are seated at once. At the limit it is done with what is there.
    /// </summary>
    /// <param name="limit">The longest wait.</param>
    /// <param name="workersSince">When the processes that serve must have begun, where a reload replaces them; null when that does not matter.</param>
    /// <param name="force">As for <see cref="Synchronize"/>.</param>
    /// <param name="asGeneration">As for <see cref="Synchronize"/>.</param>
    /// <param name="waiting">Told before each pause what still changes, and how long it has taken. What it throws ends the wait, and nothing is seated.</param>
    /// <exception cref="Diagnostics.DiagnosticException">As for <see cref="Synchronize"/>.</exception>
    public GroupSynchronization SynchronizeSettled(
        TimeSpan limit, DateTimeOffset? workersSince = null, bool force = false, bool asGeneration = false, Action<ImmutableArray<string>, TimeSpan>? waiting = null)
    {
        if (Ownership != GroupOwnership.Adopted)
        {
            return Synchronize(force, asGeneration) with { Unsettled = [] };
        }

        Refresh();
        GroupSynchronization? atOnce = !asGeneration && _kernelGroups.Any(group => SeatedCookies(group).Count == 0 && !FindMembers(group).IsEmpty) ? Synchronize(force) : null;
        ImmutableArray<string> unsettled = [];
        ulong begin = _backend.MonotonicTime;
        GroupLook last = Look();
        do
        {
            TimeSpan left = limit - Waited();
            waiting?.Invoke(unsettled, Waited());
            _backend.LetTimePass(left < s_betweenLooks ? left : s_betweenLooks);
            GroupLook next = Look();
            unsettled = [.. next.ChangesSince(last), .. next.Unfinished(workersSince, _backend.StartOf)];
            last = next;
        }
        while (!unsettled.IsEmpty && Waited() < limit);

        GroupSynchronization done = Synchronize(force, asGeneration);
        return (atOnce is null ? done : atOnce.Then(done)) with { Unsettled = unsettled };

        TimeSpan Waited() => TimeSpan.FromTicks((long)((_backend.MonotonicTime - begin) / TimeSpan.NanosecondsPerTick));
    }

    private GroupLook Look() => GroupLook.Of(_kernelGroups.SelectMany(group =>
        _backend.Survey(new SocketQuery(group.Key.Protocol, group.Key.Port, group.Key.Address, Namespace: _namespace ?? _backend.CurrentNamespace)).Sockets
            .Where(socket => !socket.Record.IsConnected && KernelGroupKey.Of(socket.Record) == group.Key)));
}
