using System.Collections.Immutable;
using System.Globalization;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Linux.Interop;

namespace ReuseportPS.Linux.Sockets;

/// <summary>
/// Which threads serve which sockets: those that wait at an epoll instance that watches the socket, or in a call on it. A thread that happens to run shows
/// nothing, so all are looked at several times.
/// </summary>
internal sealed class WorkerFinder
{
    private const int Looks = 25;
    private static readonly TimeSpan s_betweenLooks = TimeSpan.FromMilliseconds(2);

    private readonly Dictionary<ulong, HashSet<SocketWorker>> _found = [];
    private readonly ulong _socketDevice = SocketDevice();

    /// <summary>Processes whose epoll instances or threads may not be looked at.</summary>
    internal HashSet<int> Hidden { get; } = [];

    /// <summary>Who serves the sockets, by inode number.</summary>
    internal IReadOnlyDictionary<ulong, ImmutableArray<SocketWorker>> Find(IReadOnlyCollection<SocketRecord> sockets)
    {
        ILookup<int, (SocketOwner Owner, ulong Inode)> byProcess = sockets
            .SelectMany(socket => socket.Owners.Select(owner => (Owner: owner, socket.Inode))).ToLookup(pair => pair.Owner.ProcessId);
        List<HeldSockets> open = [.. byProcess.Select(process => Look(process.Key, [.. process])).OfType<HeldSockets>()];
        for (int look = 0; look < Looks && open.Count > 0; look++)
        {
            if (look > 0)
            {
                Thread.Sleep(s_betweenLooks);
            }

            open.RemoveAll(LookAtThreads);
        }

        foreach (HeldSockets process in open)
        {
            Settle(process);
        }

        foreach (SocketRecord socket in sockets.Where(socket => !_found.ContainsKey(socket.Inode)))
        {
            AddOnlyHolder(socket);
        }

        return _found.ToImmutableDictionary(
            pair => pair.Key, pair => pair.Value.OrderBy(worker => worker.ProcessId).ThenBy(worker => worker.ThreadId).ToImmutableArray());
    }

    // Sockets that a process watches by epoll, by the epoll instance's descriptor, and those that it only holds.
    private sealed record HeldSockets(int ProcessId, string Command, Dictionary<int, HashSet<ulong>> Watched, Dictionary<int, ulong> Held)
    {
        public HashSet<int> Seen { get; } = [];
    }

    private HeldSockets? Look(int processId, ImmutableArray<(SocketOwner Owner, ulong Inode)> held)
    {
        HashSet<ulong> inodes = [.. held.Select(pair => pair.Inode)];
        Dictionary<int, HashSet<ulong>> watched = [];
        try
        {
            Errno errno = DescriptorLinks.Visit(processId, (epoll, link) =>
            {
                if (link.SequenceEqual("anon_inode:[eventpoll]"u8))
                {
                    HashSet<ulong> targets =
                    [
                        .. EpollTargets.Read(File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/fdinfo/{epoll}")))
                            .Where(target => target.Device == _socketDevice && inodes.Contains(target.Inode)).Select(target => target.Inode),
                    ];
                    if (targets.Count > 0)
                    {
                        watched.Add(epoll, targets);
                    }
                }

                return true;
            });
            if (errno != Errno.None)
            {
                return errno == Errno.EACCES ? Hide(processId) : null; // it ended
            }
        }
        catch (UnauthorizedAccessException)
        {
            return Hide(processId);
        }
        catch (IOException)
        {
            return null;
        }

        HashSet<ulong> byEpoll = [.. watched.Values.SelectMany(targets => targets)];
        return new HeldSockets(
            processId, held[0].Owner.Command, watched, held.Where(pair => !byEpoll.Contains(pair.Inode)).ToDictionary(pair => pair.Owner.FileDescriptor, pair => pair.Inode));
    }

    private HeldSockets? Hide(int processId)
    {
        Hidden.Add(processId);
        return null;
    }

    // True when no more is to be learned of the process.
    private bool LookAtThreads(HeldSockets process)
    {
        try
        {
            int[] threads = Threads(process.ProcessId);
            foreach (int thread in threads)
            {
                string path = string.Create(CultureInfo.InvariantCulture, $"/proc/{process.ProcessId}/task/{thread}/syscall");
                if (ReadCall(path) is not ThreadCall call)
                {
                    continue;
                }

                foreach ((int epoll, HashSet<ulong> targets) in process.Watched.Where(pair => call.WaitsAt(pair.Key)))
                {
                    process.Seen.Add(epoll);
                    foreach (ulong inode in targets)
                    {
                        Add(inode, new SocketWorker(process.ProcessId, thread, process.Command, WorkerEvidence.Epoll));
                    }
                }

                foreach ((_, ulong inode) in process.Held.Where(pair => call.ReceivesFrom(pair.Key)))
                {
                    Add(inode, new SocketWorker(process.ProcessId, thread, process.Command, WorkerEvidence.Call));
                }
            }

            return process.Watched.Count > 0 ? process.Seen.Count == process.Watched.Count : process.Held.Values.All(_found.ContainsKey);
        }
        catch (UnauthorizedAccessException)
        {
            Hidden.Add(process.ProcessId);
            Settle(process);
            return true;
        }
        catch (IOException)
        {
            return true; // it ended
        }
    }

    // Watched by the process, by whichever of its threads.
    private void Settle(HeldSockets process)
    {
        foreach (ulong inode in process.Watched.Where(pair => !process.Seen.Contains(pair.Key)).SelectMany(pair => pair.Value))
        {
            Add(inode, new SocketWorker(process.ProcessId, 0, process.Command, WorkerEvidence.Epoll));
        }
    }

    private void AddOnlyHolder(SocketRecord socket)
    {
        SocketOwner[] holders = [.. socket.Owners.DistinctBy(owner => owner.ProcessId)];
        try
        {
            // init holds what it has for others (systemd's socket units).
            if (holders is [{ ProcessId: not 1 } only] && Threads(only.ProcessId).Length == 1)
            {
                Add(socket.Inode, new SocketWorker(only.ProcessId, only.ProcessId, only.Command, WorkerEvidence.OnlyHolder));
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It ended, or hides.
        }
    }

    private void Add(ulong inode, SocketWorker worker)
    {
        if (!_found.TryGetValue(inode, out HashSet<SocketWorker>? workers))
        {
            _found.Add(inode, workers = []);
        }

        workers.Add(worker);
    }

    private static int[] Threads(int processId) =>
    [
        .. Directory.EnumerateDirectories(string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/task"))
            .Select(path => int.Parse(Path.GetFileName(path.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture)).Order(),
    ];

    private static ThreadCall? ReadCall(string path)
    {
        try
        {
            return ThreadCall.Read(File.ReadAllText(path));
        }
        catch (IOException)
        {
            return null; // the thread ended; a thread that exits answers ESRCH
        }
    }

    // All sockets of a host are on one pseudo file system; one of ours tells its number.
    private static ulong SocketDevice()
    {
        nint number = Sys.socket(SocketConstants.AF_INET, SocketConstants.SOCK_DGRAM, 0);
        if (number < 0)
        {
            throw LinuxErrors.Refused("socket", number, "a socket to learn the device of sockets by");
        }

        using SafeSocketFd fd = new(number);
        nint result = Sys.statx(fd, out _, out _, out ulong device);
        return result < 0 ? throw LinuxErrors.Refused("statx", result, "a socket") : device;
    }
}
