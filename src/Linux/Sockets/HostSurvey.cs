using System.Collections.Immutable;
using System.Globalization;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Linux.Environments;

namespace ReuseportPS.Linux.Sockets;

/// <summary>The sockets of every network namespace in which a process is, or that has a name under /run/netns; with what could not be seen.</summary>
internal sealed class HostSurvey(LinuxBackend backend, LinuxNamespace current, SocketFinder finder)
{
    private const string NamedNamespaces = "/run/netns";
    private const int MostNamed = 3;
    private const string Capabilities = "CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH";

    private readonly List<string> _hidden = [];

    internal SocketSurvey Run(SocketQuery query)
    {
        SocketQuery sockets = query with { WithOwners = false, ProcessId = null };
        IReadOnlyList<SocketRecord> found = query.Namespace is null ? Everywhere(sockets) : finder.Find(sockets);
        Dictionary<ulong, List<SocketOwner>> owners = OpenDescriptors.OwnersOf(found.Select(record => record.Inode).ToHashSet(), out int closed);
        SocketRecord[] records =
        [
            .. found.Select(record => SocketFinder.WithOwners(record, owners))
                .Where(record => (query.ProcessId is null || record.Owners.Any(owner => owner.ProcessId == query.ProcessId))
                    && (query.Cookie is null || record.Cookie == query.Cookie)),
        ];
        WorkerFinder workers = new();
        IReadOnlyDictionary<ulong, ImmutableArray<SocketWorker>> served = workers.Find(records);
        ImmutableArray<SurveyedSocket> surveyed = [.. SocketSurvey.Ask(backend, records, served)];
        if (closed > 0)
        {
            int ownerless = records.Count(record => record.Owners.IsEmpty);
            _hidden.Add($"{(closed == 1 ? "One process does not show its" : $"{closed} processes do not show their")} descriptors, so {ownerless} of {records.Length} sockets have no known owner: {Capabilities} would show them.");
        }

        if (workers.Hidden.Count > 0)
        {
            _hidden.Add($"What threads of {string.Join(", ", workers.Hidden.Order())} wait for is not shown, so who serves their sockets is not known: {Capabilities} would show it.");
        }

        int closedSockets = surveyed.Count(socket => socket is { ReusePort: null, IsMptcp: false, Record.Owners.IsEmpty: false });
        if (closedSockets > 0)
        {
            _hidden.Add($"{closedSockets} of the sockets may not be asked for SO_REUSEPORT (pidfd_getfd): CAP_SYS_PTRACE would allow it.");
        }

        return new SocketSurvey(surveyed, [.. _hidden]) { HidesOwners = closed > 0, HidesThreads = workers.Hidden.Count > 0 };
    }

    /// <summary>Who they are, for one of them may hide from whoever has CAP_SYS_PTRACE too: process 1 of a sandbox does.</summary>
    private static string Secretive(List<int> processes)
    {
        string names = string.Join(", ", processes.Order().Take(MostNamed).Select(id => string.Create(CultureInfo.InvariantCulture, $"{id} ({HostFile.ReadLine($"/proc/{id}/comm") ?? "ended"})")));
        string others = processes.Count > MostNamed ? string.Create(CultureInfo.InvariantCulture, $" and {processes.Count - MostNamed} more") : "";
        return (processes.Count == 1 ? $"Process {names} does not show its" : $"Processes {names}{others} do not show their")
            + " network namespace, so there may be sockets in a namespace that is not listed: CAP_SYS_PTRACE would show them, where nothing else forbids it.";
    }

    private List<SocketRecord> Everywhere(SocketQuery query)
    {
        Dictionary<ulong, int> processes = [];
        List<int> secretive = [];
        foreach (int processId in OpenDescriptors.Processes())
        {
            if (SocketFinder.NamespaceOf(processId, out bool hides) is ulong id)
            {
                processes.TryAdd(id, processId);
            }

            if (hides)
            {
                secretive.Add(processId);
            }
        }

        if (secretive.Count > 0)
        {
            _hidden.Add(Secretive(secretive));
        }

        List<SocketRecord> found = [.. SocketFinder.In(current, query)];
        foreach ((ulong id, int processId) in processes.Where(pair => pair.Key != current.Id).OrderBy(pair => pair.Key))
        {
            Add($"network namespace {id} (of process {processId})", () => finder.Beside(processId, id, query));
        }

        if (Directory.Exists(NamedNamespaces))
        {
            foreach (string path in Directory.EnumerateFiles(NamedNamespaces).Order(StringComparer.Ordinal))
            {
                Add($"network namespace {path}", () =>
                {
                    using LinuxNamespace place = LinuxNamespace.OfFile(path);
                    return place.Id == current.Id || !processes.TryAdd(place.Id, 0) ? [] : SocketFinder.In(place, query);
                });
            }
        }

        return found;

        void Add(string place, Func<IReadOnlyList<SocketRecord>> list)
        {
            try
            {
                found.AddRange(list());
            }
            catch (BackendException exception) when (exception.Errno != Errno.ENOENT)
            {
                _hidden.Add($"The sockets of {place} cannot be listed: {exception.Message}");
            }
            catch (BackendException)
            {
                // The process ended meanwhile.
            }
        }
    }
}
