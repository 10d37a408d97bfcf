using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Programs;
using ReuseportPS.Engine.Scenarios;

namespace ReuseportPS.Contract;

/// <summary>What every part of the contract stands on: a world, skipped with the reason where there is none, and things that end with the test.</summary>
public abstract class ContractTest<TWorld> : IClassFixture<TWorld>, IDisposable
    where TWorld : World
{
    private const int AttemptsWithoutPause = 20;
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(20);

    private readonly List<IDisposable> _kept = [];

    protected ContractTest(TWorld world)
    {
        Assert.SkipWhen(world.Unavailable is not null, world.Unavailable ?? "");
        World = world;
        Port = world.NextPort();
    }

    protected TWorld World { get; }

    protected IReuseportBackend Backend => World.Backend;

    /// <summary>A port of this test's own.</summary>
    protected int Port { get; }

    /// <summary>Skips the case where the backend lacks something.</summary>
    protected void Needs(Ability ability) => Assert.SkipWhen(World.Lacks(ability) is not null, World.Lacks(ability) ?? "");

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        for (int index = _kept.Count - 1; index >= 0; index--)
        {
            _kept[index].Dispose();
        }

        _kept.Clear();
    }

    /// <summary>Disposes something when the test ends.</summary>
    protected T Keep<T>(T resource)
        where T : IDisposable
    {
        _kept.Add(resource);
        return resource;
    }

    /// <summary>What an operation was refused with, or <see cref="Errno.None"/>.</summary>
    protected static Errno Refusal(Action operation)
    {
        try
        {
            operation();
            return Errno.None;
        }
        catch (BackendException exception)
        {
            Assert.NotEmpty(exception.Operation);
            Assert.NotEmpty(exception.Diagnostics);
            return exception.Errno;
        }
    }

    /// <summary>A socket that is not bound yet.</summary>
    protected IBackendSocket Create(string text)
    {
        SocketText socket = SocketText.Parse(text);
        IBackendSocket created = Keep(Backend.CreateSocket(socket.ToSpec(World), World.Servers));
        if (socket.ReuseAddress)
        {
            created.SetOption(SocketOption.ReuseAddress, 1);
        }

        return created;
    }

    /// <summary>A bound socket; TCP does not listen yet.</summary>
    protected IBackendSocket Bind(string text, int? port = null)
    {
        IBackendSocket socket = Create(text);
        socket.Bind(SocketText.Parse(text).EndPoint(World, port ?? Port));
        return socket;
    }

    /// <summary>A socket that receives: bound, and listening when it is TCP.</summary>
    protected IBackendSocket Open(string text, int? port = null)
    {
        IBackendSocket socket = Bind(text, port);
        if (socket.Protocol == TransportProtocol.Tcp)
        {
            socket.Listen(128);
        }

        return socket;
    }

    /// <summary>Several of the same kind.</summary>
    protected ImmutableArray<IBackendSocket> OpenMany(string text, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => Open(text))];

    /// <summary>A socket in a state that operations care about: <c>member</c>, <c>unbound</c>, <c>tcp accepted</c>, …</summary>
    protected IBackendSocket InState(string state)
    {
        switch (state)
        {
            case "unbound":
                return Create("udp4");
            case "unbound, no option":
                return Create("udp4 -reuseport");
            case "member":
                return Open("udp4");
            case "v6 member":
                return Open("udp6");
            case "tcp unbound":
                return Create("tcp4");
            case "tcp bound":
                return Bind("tcp4");
            case "tcp member":
                return Open("tcp4");
            case "no option":
                return Open("udp4 -reuseport", World.NextPort());
            case "option too late":
                IBackendSocket late = Open("udp4 -reuseport", World.NextPort());
                late.SetOption(SocketOption.ReusePort, 1);
                return late;
            case "option cleared":
                IBackendSocket cleared = Open("udp4");
                cleared.SetOption(SocketOption.ReusePort, 0);
                return cleared;
            case "locked":
                IBackendSocket locked = Open("udp4");
                locked.SetOption(SocketOption.LockFilter, 1);
                return locked;
            case "connected" or "disconnected":
                IBackendSocket connected = Open("udp4");
                connected.Connect(new IPEndPoint(World.ClientV4, 9));
                if (state == "disconnected")
                {
                    connected.Disconnect();
                }

                return connected;
            case "tcp client":
                _ = Open("tcp4");
                return ConnectClient("tcp4");
            case "tcp accepted":
                IBackendSocket listener = Open("tcp4");
                _ = ConnectClient("tcp4");
                Assert.NotNull(Backend.WaitForArrival([listener], TimeSpan.FromSeconds(2)));
                return Keep(listener.TryAccept(out _)!);
            case "tcp shut down":
                IBackendSocket shut = Open("tcp4");
                shut.Shutdown(SocketShutdown.Receive);
                return shut;
            default:
                throw new ArgumentException($"'{state}' is no state.");
        }
    }

    /// <summary>A TCP or UDP socket of the client, connected to the server address.</summary>
    protected IBackendSocket ConnectClient(string packet, int? port = null)
    {
        (TransportProtocol protocol, IpFamily family) = SocketText.Packet(packet);
        FlowKey flow = World.NextFlow(protocol, family, port ?? Port);
        IBackendSocket client = Keep(Backend.CreateSocket(new SocketSpec(protocol, family, ReusePort: false), World.Clients));
        client.Bind(flow.SourceEndPoint);
        client.Connect(flow.DestinationEndPoint);
        return client;
    }

    /// <summary>Opens one flow towards the server address and says which of the sockets got it.</summary>
    protected FlowArrival Arrival(string packet, IReadOnlyList<IBackendSocket> sockets, int? port = null, ImmutableArray<byte>? payload = null)
    {
        (TransportProtocol protocol, IpFamily family) = SocketText.Packet(packet);
        return Arrival(World.NextFlow(protocol, family, port ?? Port), sockets, payload);
    }

    /// <summary>A flow that a kind of socket gets, with a source port of its own.</summary>
    protected FlowKey Flow(string kind)
    {
        (TransportProtocol protocol, IpFamily family) = SocketText.Packet(kind.Split(' ')[0]);
        return World.NextFlow(protocol, family, Port);
    }

    protected FlowArrival Arrival(FlowKey flow, IReadOnlyList<IBackendSocket> sockets, ImmutableArray<byte>? payload = null) =>
        new FlowExperiment(Backend, [sockets], World.Clients).Open(new FlowOpening(flow, payload ?? [1, 2, 3, 4]));

    protected static FlowArrival Slot(int slot) => new(ArrivalKind.Slot, slot);

    protected static FlowArrival Rejected { get; } = new(ArrivalKind.Rejected, -1);

    protected IBackendMap CreateMap(MapSpec spec) => Keep(Backend.CreateMap(spec));

    /// <summary>A sockarray with sockets in its first slots.</summary>
    protected IBackendMap CreateSeats(IReadOnlyList<IBackendSocket> sockets, MapSpec? spec = null)
    {
        IBackendMap seats = CreateMap(spec ?? TestPrograms.Seats);
        for (int slot = 0; slot < sockets.Count; slot++)
        {
            seats.UpdateSocket((uint)slot, sockets[slot]);
        }

        return seats;
    }

    /// <summary>Whether every one of the sockets has left the seats it had, by seating them once more.</summary>
    protected bool AreUnseated(IReadOnlyList<IBackendSocket> sockets) => Becomes(() =>
    {
        using IBackendMap seats = Backend.CreateMap(TestPrograms.Seats);
        return Refusal(() =>
        {
            for (int slot = 0; slot < sockets.Count; slot++)
            {
                seats.UpdateSocket((uint)slot, sockets[slot]);
            }
        }) == Errno.None;
    });

    protected IBackendProgram Load(ProgramSpec spec, params IBackendMap[] maps) => Keep(Backend.LoadProgram(spec, maps));

    /// <summary>Attaches the program that selects one seat and passes, or what else it returns.</summary>
    protected IBackendProgram AttachSelection(IBackendSocket member, IBackendMap seats, params uint[] keys)
    {
        IBackendMap results = CreateMap(TestPrograms.Results(keys.Length));
        IBackendProgram program = Load(TestPrograms.Select(seats.Spec, keys), seats, results);
        member.AttachProgram(program);
        return program;
    }

    /// <summary>The record of a bound socket.</summary>
    protected SocketRecord Record(IBackendSocket socket) => Assert.Single(
        Backend.FindSockets(new SocketQuery(socket.Protocol, Cookie: socket.Cookie, Namespace: World.Servers, WithOwners: false)));

    protected static byte[] Key(uint index)
    {
        byte[] key = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(key, index);
        return key;
    }

    protected static byte[] Bytes(ulong value, int size)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        return bytes[..size];
    }

    /// <summary>The 8-byte results that a program stored, as signed numbers.</summary>
    protected static long[] ReadResults(IBackendMap results)
    {
        byte[] value = results.Lookup(Key(0))!;
        return [.. Enumerable.Range(0, value.Length / 8).Select(i => BinaryPrimitives.ReadInt64LittleEndian(value.AsSpan(8 * i)))];
    }

    /// <summary>Whether a program of that id is loaded.</summary>
    protected bool Exists(uint id)
    {
        using IBackendProgram? program = Backend.OpenProgram(id);
        return program is not null;
    }

    /// <summary>Waits until something is so: what the kernel frees after a grace period, and a simulator at once.</summary>
    protected bool Becomes(Func<bool> condition)
    {
        for (int attempt = 0; attempt < 100; attempt++)
        {
            if (condition())
            {
                return true;
            }

            Backend.WaitForReaders();
            if (attempt >= AttemptsWithoutPause)
            {
                // The kernel frees maps and programs in a worker of its own, which a busy machine keeps waiting long after the readers.
                Thread.Sleep(s_pause);
            }
        }

        return condition();
    }
}
