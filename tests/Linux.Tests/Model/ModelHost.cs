using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using ReuseportPS.Contract;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Linux.Tests.Model;

/// <summary>Does operations on one world and puts every answer into words in which sockets have the numbers of their creation.</summary>
internal sealed class ModelHost : IDisposable
{
    private const int Entries = 4;
    private const int ConnectedPeerPort = 9009;
    private const int FirstEphemeralPort = 32768;
    private const int SecondsDeferred = 30;

    private static readonly IPAddress s_server4 = IPAddress.Parse("10.7.0.1");
    private static readonly IPAddress s_server6 = IPAddress.Parse("fd07::1");
    private static readonly IPAddress[] s_binds4 = [s_server4, IPAddress.Any, IPAddress.Parse("10.7.0.2"), s_server4];
    private static readonly IPAddress[] s_binds6 = [s_server6, IPAddress.IPv6Any, s_server4.MapToIPv6(), IPAddress.IPv6Any];
    private static readonly IPAddress[] s_destinations = [s_server4, s_server4, s_server4, IPAddress.Parse("10.7.0.2"), IPAddress.Parse("10.7.0.3"), s_server6];
    private static readonly IPAddress[] s_sources4 = [IPAddress.Parse("10.8.0.1"), IPAddress.Parse("10.9.0.1")];
    private static readonly IPAddress s_source6 = IPAddress.Parse("fd08::1");
    private static readonly MapType[] s_mapTypes = [MapType.ReuseportSockArray, MapType.SockMap, MapType.SockHash];

    private readonly ModelWorld _world;
    private readonly int _port;
    private readonly SortedDictionary<int, IBackendSocket> _sockets = [];
    private readonly Dictionary<ulong, int> _numbers = [];
    private readonly HashSet<int> _ends = [];
    private readonly HashSet<int> _shutEarly = [];
    private readonly IBackendMap[] _maps;
    private readonly Recorder[] _recorders;
    private readonly IBackendProgram _drop;
    private readonly (long Success, long Failure) _migrationsBefore;
    private int _lastNumber;
    private int _sourcePort;

    /// <summary>A host on two ports of its own.</summary>
    public ModelHost(ModelWorld world, int port, int sourcePort)
    {
        _world = world;
        _port = port;
        _sourcePort = sourcePort;
        _maps = [.. s_mapTypes.Select(type => world.Backend.CreateMap(new MapSpec("sockets", type, 4, 8, Entries)))];
        _recorders = [new(world.Backend, _maps[0]), new(world.Backend, _maps[0], migrates: true), new(world.Backend, _maps[1]), new(world.Backend, _maps[2], migrates: true)];
        _drop = world.Backend.LoadProgram(TestPrograms.Return(0), []);
        _world.MigrateRequests(false);
        _world.SynCookies(1);
        _world.RunOn(0);
        _migrationsBefore = world.Migrations();
    }

    /// <summary>The socket that the last packet of a family reached, when its hash alone may have chosen it; else 0.</summary>
    public int ChosenByHash { get; private set; }

    /// <summary>The last packet reached nobody, or a listener that waits for data, which its hash alone may have chosen among others.</summary>
    public bool IsUnseenByHash { get; private set; }

    /// <summary>Nothing more can be compared: two seconds have passed.</summary>
    public bool IsOver { get; private set; }

    public string Do(Operation operation)
    {
        ChosenByHash = 0;
        IsUnseenByHash = false;
        string answer = Answer(operation);
        string runs = string.Concat(_recorders.Select((recorder, index) => Runs(recorder, index)));
        (long success, long failure) = _world.Migrations();
        return $"{answer}{(IsOver ? "" : runs)} +{success - _migrationsBefore.Success}-{failure - _migrationsBefore.Failure}";
    }

    /// <summary>Whether two sockets are in one group.</summary>
    public bool ShareGroup(int one, int other) =>
        _sockets.TryGetValue(one, out IBackendSocket? socket) && _sockets.ContainsKey(other) && Record(socket) is { } record &&
        _world.Backend.MemberOrder(record)?.Contains(_sockets[other].Cookie) == true;

    public void Dispose()
    {
        foreach (IBackendSocket socket in _sockets.Values)
        {
            socket.Abort();
        }

        foreach (Recorder recorder in _recorders)
        {
            recorder.Dispose();
        }

        _drop.Dispose();
        foreach (IBackendMap map in _maps)
        {
            map.Dispose();
        }

        _world.RunOn(0);
    }

    private static string Try(Action action)
    {
        try
        {
            action();
            return "0";
        }
        catch (BackendException refusal)
        {
            return refusal.Errno.ToString();
        }
    }

    private static IPAddress[] Binds(IBackendSocket socket) => socket.Family == IpFamily.V4 ? s_binds4 : s_binds6;

    private static byte[] Key(int index)
    {
        byte[] key = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(key, index);
        return key;
    }

    private string Answer(Operation operation)
    {
        (int a, int b, int c, int d) = (operation.A, operation.B, operation.C, operation.D);
        switch (operation.Verb)
        {
            case Verb.Open:
                return Create(a, b, c, d, opens: true);
            case Verb.Create:
                return Create(a, b, c, d, opens: false);
            case Verb.Migrate:
                return Try(() => _world.MigrateRequests(a % 2 == 0));
            case Verb.Cookies:
                return Try(() => _world.SynCookies(a % 3));
            case Verb.Cpu:
                return Try(() => _world.RunOn(a % 2));
            case Verb.Unseat:
                return Try(() => _maps[a % _maps.Length].Delete(Key(b % (Entries + 1))));
            case Verb.Look:
                return Look(_maps[a % _maps.Length]);
            case Verb.Answer:
                Recorder told = _recorders[a % _recorders.Length];
                Action<uint?, ulong> tell = b % 3 == 0 ? told.AnswerMigrating : told.Answer;
                return Try(() => tell(c % 6 == 5 ? null : (uint)(c % 6), d % 8 == 0 ? 0ul : d % 8 == 1 ? 2ul : 1ul));
            case Verb.SendDatagram:
                return SendDatagram(a, b, c);
            case Verb.TryConnection:
                return TryConnection(a, b, c);
            case Verb.OpenConnection:
                return OpenConnection(a, b, c);
            case Verb.Queues:
                return string.Join(' ', Listeners().Select(pair => $"{pair.Key}:{Record(pair.Value)!.ReceiveQueue}"));
        }

        if (_sockets.Count == 0)
        {
            return "nothing";
        }

        int number = _sockets.Keys.ElementAt(a % _sockets.Count);
        return $"{number} {OnSocket(operation.Verb, number, _sockets[number], b, c)}";
    }

    private string OnSocket(Verb verb, int number, IBackendSocket socket, int b, int c)
    {
        bool isTcp = socket.Protocol == TransportProtocol.Tcp;
        switch (verb)
        {
            case Verb.Bind:
                return Try(() => socket.Bind(new IPEndPoint(Binds(socket)[b % 4], _port + (c % 2))));
            case Verb.Listen:
                return Try(() => socket.Listen(8 + (b % 4)));
            case Verb.Connect:
                return Connect(number, socket, b, c);
            case Verb.Disconnect:
                return Try(socket.Disconnect);
            case Verb.Shutdown:
                string outcome = Try(() => socket.Shutdown((SocketShutdown)(b % 3)));
                if (outcome == nameof(Errno.ENOTCONN))
                {
                    _shutEarly.Add(number);
                }

                return outcome;
            case Verb.Close or Verb.Abort:
                Forget(number);
                return Try(verb == Verb.Close ? socket.Dispose : socket.Abort);
            case Verb.Set:
                return Set(socket, b, c);
            case Verb.Seat:
                return Try(() => _maps[b % 4 == 3 ? 0 : b % 4].UpdateSocket(Key(c % (Entries + 1)), socket, (MapUpdateFlags)(c / 10 % 8 is var flags && flags > 3 ? 0 : flags)));
            case Verb.Attach:
                return Try(() => socket.AttachProgram(b % 8 == 7 ? _drop : _recorders[b % _recorders.Length].Program));
            case Verb.AttachClassic:
                return Try(() => socket.AttachClassicProgram(new Engine.Classic.ClassicProgram([new(0x06, 0, 0, (uint)(b % 4))])));
            case Verb.Detach:
                return Try(socket.DetachProgram);
            case Verb.Accept:
                return isTcp ? Accept(socket) : "no";
            case Verb.SendOn:
                return isTcp ? Try(() => socket.Send([1, 2])) : "no";
            case Verb.ReceiveOn:
                return isTcp && _ends.Contains(number) ? Receive(socket) : "no";
            case Verb.Order:
                return Order(socket);
            case Verb.Name:
                return Name(socket);
            default:
                throw new ArgumentOutOfRangeException(nameof(verb), verb, "No such operation.");
        }
    }

    private string Create(int a, int b, int c, int d, bool opens)
    {
        TransportProtocol protocol = a % 2 == 0 ? TransportProtocol.Udp : TransportProtocol.Tcp;
        IpFamily family = a / 2 % 4 == 0 ? IpFamily.V6 : IpFamily.V4;
        IBackendSocket socket = _world.Backend.CreateSocket(
            new SocketSpec(
                protocol, family, ReusePort: b % 10 != 0, V6Only: family == IpFamily.V6 && b / 10 % 4 == 0 ? true : null,
                IncomingCpu: c % 8 is 0 or 1 ? c % 8 : null, Device: c / 10 % 8 == 0 ? "lo" : null),
            _world.Network);
        if (d % 8 == 0)
        {
            socket.SetOption(SocketOption.ReuseAddress, 1);
        }

        if (protocol == TransportProtocol.Tcp && d / 10 % 5 == 0)
        {
            socket.SetOption(SocketOption.DeferAccept, SecondsDeferred);
        }

        int number = Keep(socket);
        if (!opens)
        {
            return $"{number}";
        }

        string outcome = Try(() => socket.Bind(new IPEndPoint(Binds(socket)[b / 40 % 4], _port + (d / 100 % 5 == 0 ? 1 : 0))));
        return outcome != "0" ? $"{number} bind {outcome}" : $"{number} {(protocol == TransportProtocol.Tcp ? Try(() => socket.Listen(8)) : "0")}";
    }

    /// <summary>UDP to one peer, or to another; TCP to the server's ports. From a port that bind gave only: the others are random.</summary>
    private string Connect(int number, IBackendSocket socket, int b, int c)
    {
        if (socket.LocalEndPoint is not { Port: < FirstEphemeralPort })
        {
            return "no";
        }

        if (socket.Protocol == TransportProtocol.Udp)
        {
            IPAddress peer = s_sources4[b % 2];
            return Try(() => socket.Connect(new IPEndPoint(socket.Family == IpFamily.V4 ? peer : peer.MapToIPv6(), ConnectedPeerPort)));
        }

        // What a connection of one is worth when a shutdown was refused and remembered before is not modelled.
        if (_shutEarly.Contains(number) && socket.LocalEndPoint.Port == _port + (c % 2))
        {
            return "no";
        }

        IPAddress destination = s_destinations[b % 4];
        string outcome = Try(() => socket.Connect(new IPEndPoint(socket.Family == IpFamily.V4 ? destination : destination.MapToIPv6(), _port + (c % 2))));
        IsOver |= outcome == nameof(Errno.ETIMEDOUT);
        if (outcome == "0")
        {
            _ends.Add(number);
        }

        return outcome;
    }

    private string Set(IBackendSocket socket, int b, int c) => (b % 5) switch
    {
        0 => Try(() => socket.SetOption(SocketOption.ReusePort, c % 2)),
        1 => Try(() => socket.SetOption(SocketOption.ReuseAddress, c % 2)),
        2 => Try(() => socket.SetOption(SocketOption.V6Only, c % 2)),
        3 when socket.Protocol == TransportProtocol.Tcp => Try(() => socket.SetOption(SocketOption.DeferAccept, c % 2 == 0 ? 0 : SecondsDeferred)),
        _ => Try(() => socket.SetOption(SocketOption.IncomingCpu, (c % 3) - 1)),
    };

    private string SendDatagram(int a, int b, int c)
    {
        using IBackendSocket client = Client(TransportProtocol.Udp, a, b, c, out IPEndPoint destination, out string? refused);
        if (refused is not null)
        {
            return refused;
        }

        string sent = Try(() => client.SendTo([1], destination));
        IBackendSocket[] receivers = [.. _sockets.Values.Where(socket => socket.Protocol == TransportProtocol.Udp)];
        if (receivers.Length > 0)
        {
            _ = _world.Backend.WaitForArrival(receivers, _world.Patience);
        }

        List<int> arrived = [];
        byte[] buffer = new byte[4];
        foreach ((int number, IBackendSocket socket) in _sockets.Where(pair => pair.Value.Protocol == TransportProtocol.Udp))
        {
            bool received = false;
            _ = Try(() => received = socket.TryReceive(buffer, out int length, out _) && length > 0);
            if (received)
            {
                arrived.Add(number);
            }
        }

        NoteHash(destination, arrived);
        return $"{sent} to {destination.Address} {destination.Port - _port}: {string.Join(',', arrived)}";
    }

    private string TryConnection(int a, int b, int c)
    {
        using IBackendSocket client = Client(TransportProtocol.Tcp, a, b, c, out IPEndPoint destination, out string? refused);
        if (refused is not null)
        {
            return refused;
        }

        string outcome = Try(() => client.Connect(destination));
        IsOver |= outcome == nameof(Errno.ETIMEDOUT);
        List<int> arrived = [];
        if (outcome == "0")
        {
            // Connections that waited before are accepted and reset too; so both sides lose the same.
            IBackendSocket[] listeners = [.. Listeners().Select(pair => pair.Value)];
            _ = listeners.Length == 0 ? null : _world.Backend.WaitForArrival(listeners, _world.Patience);
            foreach ((int number, IBackendSocket listener) in Listeners())
            {
                IBackendSocket? accepted = null;
                do
                {
                    IPEndPoint? peer = null;
                    _ = Try(() => accepted = listener.TryAccept(out peer));
                    if (accepted is not null && peer!.Port == client.LocalEndPoint!.Port)
                    {
                        arrived.Add(number);
                    }

                    accepted?.Abort();
                }
                while (accepted is not null);
            }
        }

        NoteHash(destination, arrived);
        client.Abort();
        return $"{outcome} to {destination.Address} {destination.Port - _port}: {string.Join(',', arrived)}";
    }

    private string OpenConnection(int a, int b, int c)
    {
        // Over IPv4: which listener has a connection that stays must be the same for both.
        IBackendSocket client = Client(TransportProtocol.Tcp, a % 5, b, c, out IPEndPoint destination, out string? refused);
        string outcome = refused ?? Try(() => client.Connect(destination));
        IsOver |= outcome == nameof(Errno.ETIMEDOUT);
        if (outcome != "0")
        {
            client.Dispose();
            return outcome;
        }

        int number = Keep(client);
        _ends.Add(number);
        return $"{number} 0";
    }

    private string Accept(IBackendSocket listener)
    {
        IBackendSocket? accepted = null;
        IPEndPoint? peer = null;
        string outcome = Try(() => accepted = listener.TryAccept(out peer));
        if (accepted is null)
        {
            return outcome;
        }

        int number = Keep(accepted);
        _ends.Add(number);
        return string.Create(CultureInfo.InvariantCulture, $"{number} from {peer!.Port}");
    }

    private string Receive(IBackendSocket socket)
    {
        byte[] buffer = new byte[16];
        int length = 0;
        bool received = false;
        string outcome = Try(() => received = socket.TryReceive(buffer, out length, out _));
        return outcome != "0" ? outcome : received ? Convert.ToHexString(buffer, 0, length) : "open";
    }

    private string Look(IBackendMap map) => string.Join(' ', Enumerable.Range(0, Entries + 1).Select(index =>
        map.Lookup(Key(index)) is { } value ? Number(BinaryPrimitives.ReadUInt64LittleEndian(value)) : "-"));

    private string Order(IBackendSocket socket)
    {
        if (Record(socket) is not { } record)
        {
            return "not found";
        }

        return _world.Backend.MemberOrder(record) is { } order ? string.Join(' ', order.Select(Number)) : "unknown";
    }

    private static string Name(IBackendSocket socket)
    {
        // A port that nobody asked for is random.
        string local = socket.LocalEndPoint is { } end ? $"{end.Address} {(end.Port < FirstEphemeralPort ? end.Port : "e")}" : "none";
        return $"{local} {socket.GetOption(SocketOption.IncomingCpu)} {socket.GetOption(SocketOption.ReusePort)}";
    }

    private IBackendSocket Client(TransportProtocol protocol, int a, int b, int c, out IPEndPoint destination, out string? refused)
    {
        IPAddress to = s_destinations[a % s_destinations.Length];
        bool isV4 = to.AddressFamily == AddressFamily.InterNetwork;
        destination = new IPEndPoint(to, _port + (c % 8 == 0 ? 1 : 0));
        IBackendSocket client = _world.Backend.CreateSocket(new SocketSpec(protocol, isV4 ? IpFamily.V4 : IpFamily.V6, ReusePort: false), _world.Network);
        int port = protocol == TransportProtocol.Udp && b % 4 == 0 ? ConnectedPeerPort : ++_sourcePort;
        string bound = Try(() => client.Bind(new IPEndPoint(isV4 ? s_sources4[b % 2] : s_source6, port)));
        refused = bound == "0" ? null : $"source {bound}";
        return client;
    }

    private void NoteHash(IPEndPoint destination, List<int> arrived)
    {
        bool selected = _recorders.Any(recorder => recorder.Runs.Any(run => run.Selected == 0));
        if (destination.AddressFamily == AddressFamily.InterNetworkV6 && !selected)
        {
            ChosenByHash = arrived is [int one] ? one : 0;
            IsUnseenByHash = arrived.Count == 0;
        }
    }

    private string Runs(Recorder recorder, int index)
    {
        IReadOnlyList<RecordedRun> runs = recorder.Runs;
        if (runs.Count == 0)
        {
            return "";
        }

        recorder.Forget();
        return string.Concat(runs.Select(run =>
            $" | {index}: {run.Length} {run.EtherType:x} {run.Protocol} {run.BindInAny} {(run.EtherType == 0x0008 ? run.Hash : 0):x} {run.Linear} sk {Number(run.Socket)} migrating {run.Migrating != 0} " +
            $"82 {run.Selected} 26 {run.LoadResult} {(run.Protocol == 6 ? run.TcpFlags : 0):x}"));
    }

    private IEnumerable<KeyValuePair<int, IBackendSocket>> Listeners() =>
        _sockets.Where(pair => pair.Value.Protocol == TransportProtocol.Tcp && !_ends.Contains(pair.Key) && Record(pair.Value) is not null);

    private SocketRecord? Record(IBackendSocket socket) => _world.Backend.FindSockets(
        new SocketQuery(socket.Protocol, Cookie: socket.Cookie, Namespace: _world.Network, WithOwners: false)) is [var record] ? record : null;

    private string Number(ulong cookie) => _numbers.TryGetValue(cookie, out int number) ? number.ToString(CultureInfo.InvariantCulture) : "?";

    private int Keep(IBackendSocket socket)
    {
        _sockets.Add(++_lastNumber, socket);
        _numbers[socket.Cookie] = _lastNumber;
        return _lastNumber;
    }

    private void Forget(int number)
    {
        _sockets.Remove(number);
        _ends.Remove(number);
    }
}
