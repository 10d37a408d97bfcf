using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Engine.Backends.Groups;

/// <summary>Watches what slots still have to do after they were drained. Begun after the switch: half-open connections that are there then were decided before it, or at least no later than this look.</summary>
public sealed class SlotDrain
{
    private readonly IReuseportBackend _backend;
    private readonly ManagedGroup _group;
    private readonly INetworkNamespace _place;
    private readonly ImmutableArray<int> _slots;
    private readonly bool _includesEstablished;
    private readonly Dictionary<ulong, KernelGroupKey> _members;
    private readonly Dictionary<ulong, int> _queues = [];
    private readonly HashSet<(IPEndPoint, IPEndPoint)>? _requests;
    private readonly (long Success, long Failure)? _migrated;
    private readonly List<string> _notes = [];
    private HashSet<int>? _workers;
    private int _lost;

    internal SlotDrain(IReuseportBackend backend, ManagedGroup group, INetworkNamespace place, ImmutableArray<int> slots, bool includesEstablished)
    {
        (_backend, _group, _place, _slots, _includesEstablished) = (backend, group, place, slots, includesEstablished);
        ImmutableArray<SlotStatus> status = group.ReadSlots();
        _members = slots.SelectMany(slot => status[slot].Seats).Where(seat => seat.Cookie != 0).ToDictionary(seat => seat.Cookie, seat => seat.KernelGroup);
        _migrated = ReadMigrations();
        if (_members.Values.Any(key => key.Protocol == TransportProtocol.Tcp))
        {
            _requests = Requests() is { } requests ? [.. requests.Select(request => (request.Local, request.Remote))] : null;
            if (_requests is null)
            {
                _notes.Add("Half-open connections cannot be seen here.");
            }
        }
        else
        {
            _requests = [];
        }

        if (includesEstablished)
        {
            FindWorkers(status);
        }
    }

    /// <summary>Looks once.</summary>
    public DrainStatus Look()
    {
        // In the order in which a connection goes, so that none slips by between two looks: half-open, in a queue, held by a worker. The counters after the queues: what has moved from
        // a queue by then is counted.
        int? halfOpen = _requests is null ? null : _requests.Count == 0 ? 0 : Requests()?.Count(request => _requests.Contains((request.Local, request.Remote)));
        (int queued, int bytes) = LookAtQueues();
        (long Success, long Failure)? now = ReadMigrations();
        (long Success, long Failure)? migrated = _migrated is { } before && now is { } after ? (after.Success - before.Success, after.Failure - before.Failure) : null;
        return new DrainStatus(
            queued, bytes,
            halfOpen,
            _workers is null ? null : CountConnections(),
            _includesEstablished ? _group.CountStickyFlows(_slots) : null,
            (int)Math.Max(0, _lost - (migrated?.Success ?? 0)), migrated, [.. _notes]);
    }

    private (int Queued, int Bytes) LookAtQueues()
    {
        int queued = 0;
        int bytes = 0;
        HashSet<ulong> seen = [];
        foreach (KernelGroupKey key in _members.Values.Distinct())
        {
            SocketQuery query = new(key.Protocol, key.Port, key.Address, Namespace: _place, WithOwners: false);
            foreach (SocketRecord socket in _backend.FindSockets(query).Where(socket => _members.ContainsKey(socket.Cookie)))
            {
                seen.Add(socket.Cookie);
                _queues[socket.Cookie] = socket.ReceiveQueue;
                (queued, bytes) = key.Protocol == TransportProtocol.Tcp ? (queued + socket.ReceiveQueue, bytes) : (queued, bytes + socket.ReceiveQueue);
            }
        }

        foreach (ulong gone in _members.Keys.Where(cookie => !seen.Contains(cookie)).ToArray())
        {
            _lost += _members[gone].Protocol == TransportProtocol.Tcp ? _queues.GetValueOrDefault(gone) : 0;
            _members.Remove(gone);
        }

        return (queued, bytes);
    }

    private LiveConnection[]? Requests()
    {
        try
        {
            return _backend is not ILiveConnections live ? null : _group.KernelGroups.Where(key => key.Protocol == TransportProtocol.Tcp).Select(key => key.Port).Distinct()
                .SelectMany(port => live.FindRequests(port, _place)).Where(request => _group.KernelGroups.Any(key => key.Takes(request))).ToArray();
        }
        catch (BackendException)
        {
            return null;
        }
    }

    private int? CountConnections() => _backend is not ILiveConnections live ? null : _group.KernelGroups.Select(key => (key.Protocol, key.Port)).Distinct()
        .SelectMany(end => live.FindHeldConnections(end.Protocol, end.Port, _place))
        .Count(connection => _group.KernelGroups.Any(key => key.Takes(connection)) && connection.Owners.Any(owner => _workers!.Contains(owner.ProcessId)));

    /// <summary>The processes that serve the slots, unless they serve others too: then it cannot be told whose a connection is.</summary>
    private void FindWorkers(ImmutableArray<SlotStatus> status)
    {
        Dictionary<ulong, int[]> servers = [];
        foreach (KernelGroupKey key in _group.KernelGroups)
        {
            foreach (SurveyedSocket socket in _backend.Survey(new SocketQuery(key.Protocol, key.Port, key.Address, Namespace: _place)).Sockets)
            {
                servers[socket.Record.Cookie] = [.. (socket.Workers.IsEmpty ? socket.Record.Owners.Select(owner => owner.ProcessId) : socket.Workers.Select(worker => worker.ProcessId)).Distinct()];
            }
        }

        HashSet<int> drained = Serving(slot => _slots.Contains(slot));
        HashSet<int> others = Serving(slot => !_slots.Contains(slot));
        if (drained.Count == 0)
        {
            _notes.Add("Who serves the slots cannot be seen, and so not which connections are theirs.");
        }
        else if (drained.FirstOrDefault(others.Contains) is not 0 and int shared)
        {
            _notes.Add(string.Create(CultureInfo.InvariantCulture, $"Process {shared} serves other slots too, so it cannot be told which connections are of these."));
        }
        else
        {
            _workers = drained;
        }

        HashSet<int> Serving(Func<int, bool> isMeant) =>
            [.. status.Where(slot => isMeant(slot.Slot)).SelectMany(slot => slot.Seats).SelectMany(seat => servers.GetValueOrDefault(seat.Cookie) ?? [])];
    }

    private (long Success, long Failure)? ReadMigrations()
    {
        try
        {
            return (_place.ReadCounter("TCPMigrateReqSuccess"), _place.ReadCounter("TCPMigrateReqFailure"));
        }
        catch (BackendException)
        {
            return null;
        }
    }
}
