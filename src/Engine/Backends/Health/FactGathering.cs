using System.Collections.Immutable;
using System.Net;
using ReuseportPS.Engine.Backends.Groups;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Engine.Backends.Health;

/// <summary>Looks at the sockets of some ports, at what is attached to them, and at their queues for a while.</summary>
/// <param name="backend">Where they are.</param>
/// <param name="place">In which network namespace.</param>
/// <param name="watch">How long queues are watched when something waits in one.</param>
internal sealed class FactGathering(IReuseportBackend backend, INetworkNamespace place, TimeSpan watch)
{
    private const int Looks = 5;
    private static readonly Version s_listsIdleSockets = new(6, 8);

    private readonly List<string> _hidden = [];
    private readonly List<string> _notChecked = [];
    private bool _hidesOwners;
    private bool _hidesThreads;

    /// <summary>What there is to know of a group.</summary>
    public GroupFacts Of(ManagedGroup group)
    {
        ImmutableArray<KernelGroupInspection> inspected = group.Inspect();
        ImmutableArray<(TransportProtocol Protocol, int Port)> ends = [.. inspected.Select(one => (one.Key.Protocol, one.Key.Port)).Distinct()];
        ImmutableArray<KernelGroupFacts> empty =
        [
            .. inspected.Select(one => new KernelGroupFacts(one.Key, IsManaged: true) { Seats = one.Seats, ExpectsProgram = one.ExpectsProgram }),
        ];
        ImmutableArray<KernelGroupFacts> found =
        [
            .. Fill(empty, ends).Select(facts => !facts.IsManaged || Look(facts) is not { } looked ? facts
                : looked with { IsOurs = looked.Attachment is null || group.IsOurs(looked.Key, Representative(looked)!.Record, looked.Attachment) }),
        ];
        if (found.Any(facts => facts is { IsManaged: true, IsElsewhere: true }))
        {
            _notChecked.Add("Sysctls: the members are in another network namespace.");
        }

        ImmutableArray<(string Rule, ulong Entries, int Capacity)>? tables = group.ReadFlowTables();
        if (tables is null)
        {
            _notChecked.Add("Flow tables: the policy was compiled by another version; it can be read again after Set-SteeringPolicy.");
        }

        return Common(found, ends) with
        {
            Group = group.Name,
            IsOwned = group.Ownership == GroupOwnership.Owned,
            States = group.States,
            SlotCount = group.SlotCount,
            IsSteered = group.Policy is not null || group.Program is not null,
            Migrates = group.Policy?.Migrates == true,
            FlowTables = tables ?? [],
            Evictions = tables is { IsEmpty: false } ? group.CountEvictions() : 0,
        };
    }

    /// <summary>What there is to know of sockets that no group has; null when there are none.</summary>
    /// <param name="protocol">TCP or UDP; null for both.</param>
    /// <param name="port">Their port.</param>
    /// <param name="address">Their address; null for any.</param>
    /// <param name="taken">Kernel groups that a group has.</param>
    public GroupFacts? Of(TransportProtocol? protocol, int port, IPAddress? address, IReadOnlySet<KernelGroupKey> taken)
    {
        ImmutableArray<(TransportProtocol Protocol, int Port)> ends =
            [.. new[] { TransportProtocol.Tcp, TransportProtocol.Udp }.Where(one => protocol is null || one == protocol).Select(one => (one, port))];
        ImmutableArray<KernelGroupFacts> found =
        [
            .. Fill([], ends).Where(facts => !taken.Contains(facts.Key) && (address is null || facts.Key.Address.Equals(address)))
                .Select(facts => Look(facts) ?? facts),
        ];
        return found.IsEmpty ? null : Common(found, [.. found.Select(facts => (facts.Key.Protocol, port)).Distinct()]);
    }

    private GroupFacts Common(ImmutableArray<KernelGroupFacts> found, ImmutableArray<(TransportProtocol Protocol, int Port)> ends)
    {
        bool hasTcp = found.Any(facts => facts is { IsElsewhere: false, Key.Protocol: TransportProtocol.Tcp });
        (found, TimeSpan watched) = WatchQueues(found, ends);
        bool showsWorkers = backend.Info.Kind == BackendKind.Linux;
        if (!showsWorkers)
        {
            _notChecked.Add("Who serves the sockets: simulated processes have no threads.");
        }

        if (place.Hidden is string hidden)
        {
            _hidden.Add(hidden + ".");
        }

        return new GroupFacts
        {
            KernelGroups = found,
            Watched = watched,
            MigrateRequests = hasTcp ? ReadSysctl("net.ipv4.tcp_migrate_req") : null,
            SynCookies = hasTcp ? ReadSysctl("net.ipv4.tcp_syncookies") : null,
            ShowsWorkers = showsWorkers,
            HidesOwners = _hidesOwners,
            HidesThreads = _hidesThreads,
            Hidden = [.. _hidden],
            NotChecked = [.. _notChecked],
        };
    }

    /// <summary>Puts the sockets of some ports where they belong: to the kernel groups that are given, or to others that are made for them.</summary>
    private List<KernelGroupFacts> Fill(ImmutableArray<KernelGroupFacts> managed, ImmutableArray<(TransportProtocol Protocol, int Port)> ends)
    {
        Dictionary<ulong, int> slots = managed.SelectMany(facts => facts.Seats.Select((cookie, slot) => (cookie, slot)).Where(seat => seat.cookie != 0))
            .ToDictionary(seat => seat.cookie, seat => seat.slot);
        List<(KernelGroupKey Key, MemberFacts Socket)> sockets = [];
        List<MemberFacts> idle = [];
        foreach ((TransportProtocol protocol, int port) in ends)
        {
            SocketSurvey survey = backend.Survey(new SocketQuery(protocol, port, Namespace: place));
            _hidesOwners |= survey.HidesOwners;
            _hidesThreads |= survey.HidesThreads;
            sockets.AddRange(survey.Sockets.Select(socket => (Home(KernelGroupKey.Of(socket.Record), socket.Record.IsConnected), Facts(socket))));
            if (protocol == TransportProtocol.Tcp)
            {
                idle.AddRange(FindIdle(port).Select(record => Facts(new SurveyedSocket(record, ReusePort: null, []))));
            }
        }

        List<KernelGroupFacts> groups = [.. managed];
        groups.AddRange(sockets.Select(socket => socket.Key).Distinct().Where(key => managed.All(facts => facts.Key != key)).Select(key => new KernelGroupFacts(key, IsManaged: false)));
        ILookup<KernelGroupKey, MemberFacts> byKey = sockets.ToLookup(socket => socket.Key, socket => socket.Socket);
        return
        [
            .. groups.Select(facts => facts with
            {
                Sockets = [.. byKey[facts.Key]],
                Idle = [.. idle.Where(socket => KernelGroupKey.Of(socket.Record) == facts.Key)],
            }),
        ];

        MemberFacts Facts(SurveyedSocket socket) => new(socket, slots.TryGetValue(socket.Record.Cookie, out int slot) ? slot : null);

        // A connected socket has the address that its peer sees: it was bound to that one, or to none.
        KernelGroupKey Home(KernelGroupKey key, bool isConnected) => !isConnected || managed.Any(facts => facts.Key == key)
            ? key
            : managed.FirstOrDefault(facts => facts.Key.Family == key.Family && AddressOverlap.Meet(facts.Key, key))?.Key ?? key;
    }

    private IReadOnlyList<SocketRecord> FindIdle(int port)
    {
        if (backend.Info.Kind == BackendKind.Linux && Version.TryParse(backend.Info.KernelVersion, out Version? kernel) && kernel < s_listsIdleSockets)
        {
            const string Older = "TCP sockets that do not listen: the kernel lists them since 6.8.";
            if (!_notChecked.Contains(Older))
            {
                _notChecked.Add(Older);
            }

            return [];
        }

        return backend.FindSockets(new SocketQuery(TransportProtocol.Tcp, port, Namespace: place) { NotListening = true });
    }

    /// <summary>A kernel group with what is attached to it and who its members are; null when there is nobody to look at.</summary>
    private KernelGroupFacts? Look(KernelGroupFacts facts)
    {
        if (Representative(facts) is not { } member)
        {
            return null;
        }

        IReadOnlyList<ulong>? order = backend.MemberOrder(member.Record);
        return facts with { Attachment = backend.InspectAttachment(member.Record), Order = order is null ? null : [.. order] };
    }

    /// <summary>A socket that stands for the kernel group: one that is seated, else one that may be a member.</summary>
    private static MemberFacts? Representative(KernelGroupFacts facts) =>
        facts.Candidates.OrderBy(socket => socket.Slot is null).ThenBy(socket => socket.Socket.IsMptcp).ThenBy(socket => socket.Socket.ReusePort == false).FirstOrDefault();

    /// <summary>One look at the queues, and four more when something waits.</summary>
    private (ImmutableArray<KernelGroupFacts> Groups, TimeSpan Watched) WatchQueues(
        ImmutableArray<KernelGroupFacts> groups, ImmutableArray<(TransportProtocol Protocol, int Port)> ends)
    {
        Dictionary<ulong, List<SocketRecord>> seen = [];
        bool waits = Queues().Any(queue => queue > 0);
        for (int look = 1; waits && look < Looks; look++)
        {
            backend.LetTimePass(watch / (Looks - 1));
            _ = Queues();
        }

        return ([.. groups.Select(facts => facts with { Sockets = [.. facts.Sockets.Select(Watched)] })], waits ? watch : TimeSpan.Zero);

        List<int> Queues()
        {
            SocketRecord[] records = [.. ends.SelectMany(end => backend.FindSockets(new SocketQuery(end.Protocol, end.Port, Namespace: place, WithOwners: false)))];
            foreach (SocketRecord record in records)
            {
                if (!seen.TryGetValue(record.Cookie, out List<SocketRecord>? looks))
                {
                    seen.Add(record.Cookie, looks = []);
                }

                looks.Add(record);
            }

            return [.. records.Select(record => record.ReceiveQueue)];
        }

        MemberFacts Watched(MemberFacts socket) => !seen.TryGetValue(socket.Cookie, out List<SocketRecord>? looks) ? socket : socket with
        {
            Queues = [.. looks.Select(record => record.ReceiveQueue)],
            Dropped = (looks[^1].Drops ?? 0) - (looks[0].Drops ?? 0),
        };
    }

    private long? ReadSysctl(string name)
    {
        if (place.Hidden is not null)
        {
            return null;
        }

        try
        {
            return place.ReadSysctl(name);
        }
        catch (BackendException exception) when (exception.Errno == Errno.ENOENT)
        {
            _notChecked.Add($"{name}: this kernel has no such sysctl.");
        }
        catch (BackendException exception)
        {
            _hidden.Add(exception.Message);
        }

        return null;
    }
}
