using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Linux.Interop;
using ReuseportPS.Linux.Namespaces;
using ReuseportPS.Linux.Netlink;

namespace ReuseportPS.Linux.Sockets;

/// <summary>Finds TCP listeners and bound UDP sockets: by sock_diag in a namespace, or by /proc/PID/net where it cannot be entered.</summary>
internal sealed class SocketFinder(LinuxNamespace currentNamespace)
{
    private const int DumpAttempts = 5;

    private static readonly byte[] s_held =
    [
        InetDiagMessage.TcpEstablished, InetDiagMessage.TcpFinWait1, InetDiagMessage.TcpFinWait2, InetDiagMessage.TcpCloseWait, InetDiagMessage.TcpLastAck, InetDiagMessage.TcpClosing,
    ];

    /// <summary>Whether another process's namespace is entered when that is permitted.</summary>
    internal bool EntersNamespaces { get; init; } = true;

    internal IReadOnlyList<SocketRecord> Find(SocketQuery query)
    {
        return query.Namespace switch
        {
            null when query.ProcessId is int processId && NamespaceOf(processId) is ulong other && other != currentNamespace.Id => Complete(query, ListBeside(processId, other, query), other),
            null => In(currentNamespace, query),
            LinuxNamespace place => In(place, query),
            ProcessNamespace closed => Complete(query, ListThrough(closed.ProcessId, query), closed.Id),
            _ => throw new ArgumentException("The namespace is of another backend.", nameof(query)),
        };
    }

    /// <summary>What is in a namespace.</summary>
    internal static IReadOnlyList<SocketRecord> In(LinuxNamespace place, SocketQuery query) =>
        Complete(query, List(query, (protocol, family) => Dump(place, protocol, family, query.Port, States(query))), place.Id);

    /// <summary>What is in the namespace of a process, whoever holds it.</summary>
    internal IReadOnlyList<SocketRecord> Beside(int processId, ulong namespaceId, SocketQuery query) =>
        Complete(query with { ProcessId = null }, ListBeside(processId, namespaceId, query), namespaceId);

    /// <summary>A record with its owners, and with what /proc/PID/net leaves out.</summary>
    internal static SocketRecord WithOwners(SocketRecord record, IReadOnlyDictionary<ulong, List<SocketOwner>> owners)
    {
        SocketRecord held = record with { Owners = [.. owners.GetValueOrDefault(record.Inode) ?? []] };
        return held.Cookie == 0 ? AskSocket(held, [.. held.Owners]) : held;
    }

    private List<(TransportProtocol Protocol, InetDiagMessage Socket)> ListBeside(int processId, ulong namespaceId, SocketQuery query)
    {
        using LinuxNamespace? entered = TryEnter(processId, namespaceId);
        return entered is null
            ? ListThrough(processId, query)
            : List(query, (protocol, family) => Dump(entered, protocol, family, query.Port, States(query)));
    }

    private static List<(TransportProtocol Protocol, InetDiagMessage Socket)> ListThrough(int processId, SocketQuery query) =>
        List(query, (protocol, family) => query.NotListening ? [] : ReadProcNet(processId, protocol, family));

    private static uint? States(SocketQuery query) => query.NotListening ? 1u << InetDiagMessage.TcpBoundInactive : null;

    private static List<(TransportProtocol Protocol, InetDiagMessage Socket)> List(
        SocketQuery query, Func<TransportProtocol, IpFamily, IEnumerable<InetDiagMessage>> list)
    {
        List<(TransportProtocol Protocol, InetDiagMessage Socket)> found = [];
        foreach (TransportProtocol protocol in (TransportProtocol[])[TransportProtocol.Tcp, TransportProtocol.Udp])
        {
            foreach (IpFamily family in (IpFamily[])[IpFamily.V4, IpFamily.V6])
            {
                bool canHave = query.Address is null || (query.Address.AddressFamily == AddressFamily.InterNetwork) == (family == IpFamily.V4);
                if (canHave && (query.Protocol is null || query.Protocol == protocol) && !(query.NotListening && protocol == TransportProtocol.Udp))
                {
                    found.AddRange(list(protocol, family).Where(socket => Matches(query, socket)).Select(socket => (protocol, socket)));
                }
            }
        }

        return found;
    }

    /// <summary>Established connections to a local port, of the current namespace by default.</summary>
    internal IReadOnlyList<LiveConnection> FindConnections(TransportProtocol protocol, int port, INetworkNamespace? place, bool withOwners) =>
        Describe(InState([InetDiagMessage.TcpEstablished], protocol, port, place), protocol, withOwners);

    /// <summary>Connections to a local port that a process holds, whichever end has closed.</summary>
    internal IReadOnlyList<LiveConnection> FindHeldConnections(TransportProtocol protocol, int port, INetworkNamespace? place) =>
        [.. Describe(InState(s_held, protocol, port, place), protocol, withOwners: true).Where(connection => !connection.Owners.IsEmpty)];

    private static IReadOnlyList<LiveConnection> Describe(IEnumerable<InetDiagMessage> sockets, TransportProtocol protocol, bool withOwners)
    {
        InetDiagMessage[] found = [.. sockets];
        Dictionary<ulong, List<SocketOwner>> owners = withOwners ? OpenDescriptors.OwnersOf(found.Select(socket => (ulong)socket.Inode).Where(inode => inode != 0).ToHashSet()) : [];
        return InOrder(found.Select(socket => new LiveConnection(protocol, socket.Local, socket.Remote, socket.Cookie) { Owners = [.. owners.GetValueOrDefault(socket.Inode) ?? []] }));
    }

    /// <summary>Half-open connections to a local port.</summary>
    internal IReadOnlyList<LiveConnection> FindRequests(int port, INetworkNamespace? place) => InOrder(
        InState([InetDiagMessage.TcpSynReceived], TransportProtocol.Tcp, port, place)
            .Select(request => new LiveConnection(TransportProtocol.Tcp, request.Local, request.Remote, request.Cookie)));

    private IEnumerable<InetDiagMessage> InState(byte[] states, TransportProtocol protocol, int port, INetworkNamespace? place) => new[] { IpFamily.V4, IpFamily.V6 }
        .SelectMany(family => place is ProcessNamespace closed
            ? states.SelectMany(state => ReadProcNet(closed.ProcessId, protocol, family, state))
            : Dump((LinuxNamespace?)place ?? currentNamespace, protocol, family, port, states.Aggregate(0u, static (mask, state) => mask | (1u << state))))
        .Where(socket => states.Contains(socket.State) && socket.Local.Port == port);

    private static IReadOnlyList<LiveConnection> InOrder(IEnumerable<LiveConnection> connections) =>
        [.. LiveConnection.InOrder(connections)];

    private static bool Matches(SocketQuery query, InetDiagMessage socket) =>
        (query.Port is null || query.Port == socket.Local.Port)
        && (query.Address is null || query.Address.Equals(socket.Local.Address))
        && (query.Cookie is null || socket.Cookie == 0 || query.Cookie == socket.Cookie);

    private static ImmutableArray<SocketRecord> Complete(
        SocketQuery query, List<(TransportProtocol Protocol, InetDiagMessage Socket)> found, ulong namespaceId)
    {
        HashSet<ulong> inodes = [.. found.Select(pair => (ulong)pair.Socket.Inode)];
        Dictionary<ulong, List<SocketOwner>> owners = [];
        HashSet<ulong>? held = null;
        if (query.ProcessId is int processId)
        {
            Errno errno = OpenDescriptors.TryAddOwners(processId, inodes, owners);
            if (errno != Errno.None)
            {
                throw LinuxErrors.Refused("readdir /proc/PID/fd", errno, string.Create(CultureInfo.InvariantCulture, $"process {processId}"));
            }

            held = [.. owners.Keys];
            inodes = held;
        }

        // What /proc/PID/net leaves out is asked of copies, which come from the owners.
        if (query.WithOwners || found.Exists(pair => pair.Socket.Cookie == 0))
        {
            owners = OpenDescriptors.OwnersOf(inodes);
        }

        List<SocketRecord> records = [];
        foreach ((TransportProtocol protocol, InetDiagMessage socket) in found)
        {
            if (held?.Contains(socket.Inode) == false)
            {
                continue;
            }

            ImmutableArray<SocketOwner> holders = owners.TryGetValue(socket.Inode, out List<SocketOwner>? list) && query.WithOwners ? [.. list] : [];
            SocketRecord record = new(
                socket.Cookie, socket.Inode, protocol, socket.Family, socket.Local, socket.Uid, socket.InterfaceIndex, socket.V6Only,
                protocol == TransportProtocol.Udp && socket.State == InetDiagMessage.TcpEstablished, (int)Math.Min(socket.ReceiveQueue, int.MaxValue),
                namespaceId, holders)
            {
                QueueLimit = (int?)(protocol == TransportProtocol.Udp ? socket.ReceiveBuffer : socket.Cookie == 0 ? null : socket.SendQueue),
                Drops = protocol == TransportProtocol.Udp ? socket.Drops : null,
            };
            record = record.Cookie == 0 ? AskSocket(record, list) : record;
            if (query.Cookie is null || query.Cookie == record.Cookie)
            {
                records.Add(record);
            }
        }

        // Many sockets have one address.
        Dictionary<IPEndPoint, string> texts = [];
        foreach (SocketRecord record in records)
        {
            if (!texts.ContainsKey(record.LocalEndPoint))
            {
                texts.Add(record.LocalEndPoint, record.LocalEndPoint.ToString());
            }
        }

        return
        [
            .. records.OrderBy(record => record.Protocol).ThenBy(record => record.Family)
                .ThenBy(record => texts[record.LocalEndPoint], StringComparer.Ordinal).ThenBy(record => record.Inode),
        ];
    }

    // What /proc/PID/net leaves out, from a copy of the socket; the record stays as it is when there can be none.
    private static SocketRecord AskSocket(SocketRecord record, List<SocketOwner>? owners)
    {
        try
        {
            using LinuxSocket socket = SocketAcquirer.Acquire(record with { Owners = [.. owners ?? []] });
            Span<byte> device = stackalloc byte[4];
            return record with
            {
                Cookie = socket.Cookie,
                V6Only = record.Family == IpFamily.V6 && socket.GetOption(SocketOption.V6Only) != 0,
                InterfaceIndex = Sys.getsockopt(socket.Fd, SocketConstants.SOL_SOCKET, SocketConstants.SO_BINDTOIFINDEX, device) < 0
                    ? 0
                    : MemoryMarshal.Read<int>(device),
            };
        }
        catch (BackendException)
        {
            return record;
        }
    }

    private static List<InetDiagMessage> Dump(LinuxNamespace place, TransportProtocol protocol, IpFamily family, int? port, uint? states = null) => place.Run(() =>
    {
        using NetlinkSocket netlink = new(SocketConstants.NETLINK_SOCK_DIAG);
        for (int attempt = 0; attempt < DumpAttempts; attempt++)
        {
            List<InetDiagMessage> sockets = [];
            Errno errno = netlink.Dump(
                NetlinkConstants.SOCK_DIAG_BY_FAMILY,
                message =>
                {
                    if (states is uint wanted)
                    {
                        InetDiagMessage.WriteRequest(message, protocol, family, port ?? 0, wanted);
                    }
                    else
                    {
                        InetDiagMessage.WriteRequest(message, protocol, family, port ?? 0);
                    }
                },
                payload =>
                {
                    if (InetDiagMessage.Read(payload) is InetDiagMessage socket)
                    {
                        sockets.Add(socket);
                    }
                },
                out bool interrupted);
            if (errno != Errno.None)
            {
                throw LinuxErrors.Refused("sock_diag", errno, $"{protocol} sockets over {family}");
            }

            if (!interrupted)
            {
                return sockets;
            }
        }

        throw LinuxErrors.Own(
            "RPS5090", Errno.EAGAIN, "sock_diag", $"The table of {protocol} sockets over {family} changed during each of {DumpAttempts} readings.",
            "Try again when fewer sockets come and go.");
    });

    private static List<InetDiagMessage> ReadProcNet(int processId, TransportProtocol protocol, IpFamily family, byte? state = null)
    {
        string name = (protocol == TransportProtocol.Tcp ? "tcp" : "udp") + (family == IpFamily.V6 ? "6" : "");
        string path = string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/net/{name}");
        try
        {
            return [.. ProcNetTable.Read(File.ReadLines(path), protocol, family, state)];
        }
        catch (FileNotFoundException)
        {
            return []; // no IPv6
        }
        catch (IOException)
        {
            throw LinuxErrors.Refused("readdir /proc/PID/fd", Errno.ENOENT, string.Create(CultureInfo.InvariantCulture, $"process {processId}"));
        }
        catch (UnauthorizedAccessException)
        {
            throw LinuxErrors.Refused("readdir /proc/PID/fd", Errno.EACCES, path);
        }
    }

    // The number in "net:[4026531840]"; null when the process hides it or has ended.
    internal static ulong? NamespaceOf(int processId) => NamespaceOf(processId, out _);

    /// <summary>The same, telling a process that hides it from one that has ended.</summary>
    internal static ulong? NamespaceOf(int processId, out bool hides)
    {
        Span<byte> link = stackalloc byte[64];
        nint length = Sys.readlinkat(string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/ns/net"), link);
        hides = length == -(int)Errno.EACCES;
        string text = length > 0 ? System.Text.Encoding.ASCII.GetString(link[..(int)length]) : "";
        return text.StartsWith("net:[", StringComparison.Ordinal) && ulong.TryParse(text.AsSpan(5).TrimEnd(']'), NumberStyles.None, CultureInfo.InvariantCulture, out ulong id)
            ? id
            : null;
    }

    /// <summary>A namespace, by way of a process in it; null when it may not be entered, or the process is in another by now.</summary>
    internal LinuxNamespace? TryEnter(int processId, ulong namespaceId)
    {
        LinuxNamespace? entered;
        try
        {
            entered = !EntersNamespaces ? null : LinuxNamespace.OfProcess(processId);
        }
        catch (BackendException)
        {
            return null; // /proc/PID/net needs less
        }

        if (entered?.Id == namespaceId)
        {
            return entered;
        }

        entered?.Dispose();
        return null;
    }
}
