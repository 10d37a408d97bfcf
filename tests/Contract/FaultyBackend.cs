using System.Net;
using System.Net.Sockets;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Classic;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Programs;

namespace ReuseportPS.Contract;

/// <summary>
/// A backend on top of another one, in which the n-th operation of a sequence is refused with ENOMEM, as any may be, and which
/// knows what handles are open.
/// </summary>
internal sealed class FaultyBackend(IReuseportBackend inner) : IReuseportBackend
{
    private readonly HashSet<object> _open = [];
    private int _left;

    public BackendInfo Info => inner.Info;

    public INetworkNamespace CurrentNamespace => inner.CurrentNamespace;

    public IPinStore Pins => new FaultyPins(this, inner.Pins);

    /// <summary>How far the cookies of namespaces are from what they were: 0 until the test says that another namespace has the number.</summary>
    public ulong NamespaceShift { get; set; }

    /// <summary>Whether seats are read without a refusal: there are tens of thousands.</summary>
    public bool SparesSeats { get; set; }

    /// <summary>The operation that was refused, or null.</summary>
    public string? Refused { get; private set; }

    /// <summary>The operations so far, in their order.</summary>
    public List<string> Operations { get; } = [];

    /// <summary>Open handles by kind: maps, programs, sockets, pin folders, locks.</summary>
    public string Handles => string.Join(", ", _open.GroupBy(handle => handle.GetType().Name).OrderBy(kind => kind.Key, StringComparer.Ordinal)
        .Select(kind => $"{kind.Key} {kind.Count()}"));

    /// <summary>Runs an action, with the n-th operation in it refused.</summary>
    /// <returns>False when the action did what it should: it had fewer operations, or could do without the one refused.</returns>
    public bool Disturb(int n, Action action)
    {
        _left = n;
        Refused = null;
        try
        {
            action();
            return false;
        }
        catch (BackendException exception)
        {
            // The refusal is what the caller is told, not something that came of it.
            Assert.Equal((Errno.ENOMEM, Refused), (exception.Errno, exception.Operation));
            return true;
        }
        finally
        {
            _left = 0;
        }
    }

    public ulong MonotonicTime => inner.MonotonicTime;

    public ulong BootTime => inner.BootTime;

    public DateTimeOffset Now => inner.Now;

    /// <summary>What happens right after a program is attached: others are not kept waiting by our locks.</summary>
    public Action? AfterAttach { get; set; }

    public INetworkNamespace CreateNamespace() => inner.CreateNamespace();

    public INetworkNamespace? OpenNamespace(ulong id) => inner.OpenNamespace(id);

    public void RunOn(int cpu, INetworkNamespace? networkNamespace, Action action) => inner.RunOn(cpu, networkNamespace, action);

    public IBackendSocket CreateSocket(SocketSpec spec, INetworkNamespace? networkNamespace = null)
    {
        Step("socket");
        return new FaultySocket(this, inner.CreateSocket(spec, networkNamespace));
    }

    public IReadOnlyList<SocketRecord> FindSockets(SocketQuery query)
    {
        Step("sock_diag");
        return inner.FindSockets(query);
    }

    public IBackendSocket AcquireSocket(SocketRecord record)
    {
        Step("pidfd_getfd");
        return new FaultySocket(this, inner.AcquireSocket(record));
    }

    public IBackendMap CreateMap(MapSpec spec)
    {
        Step("BPF_MAP_CREATE");
        return new FaultyMap(this, inner.CreateMap(spec));
    }

    public IBackendProgram LoadProgram(ProgramSpec spec, IReadOnlyList<IBackendMap> maps)
    {
        Step("BPF_PROG_LOAD");
        return new FaultyProgram(this, inner.LoadProgram(spec, [.. maps.Select(Inner)]));
    }

    public Attachment InspectAttachment(SocketRecord member)
    {
        Step("inspect");
        return inner.InspectAttachment(member);
    }

    public IReadOnlyList<ulong>? MemberOrder(SocketRecord member)
    {
        Step("member order");
        return inner.MemberOrder(member);
    }

    public IBackendProgram? OpenProgram(uint id)
    {
        Step("BPF_PROG_GET_FD_BY_ID");
        return inner.OpenProgram(id) is { } program ? new FaultyProgram(this, program) : null;
    }

    public IBackendMap? OpenMap(uint id)
    {
        Step("BPF_MAP_GET_FD_BY_ID");
        return inner.OpenMap(id) is { } map ? new FaultyMap(this, map) : null;
    }

    public IReadOnlyList<IBackendMap> OpenMaps(IBackendProgram program)
    {
        Step("BPF_MAP_GET_FD_BY_ID");
        return [.. inner.OpenMaps(Inner(program)).Select(map => new FaultyMap(this, map))];
    }

    public void WaitForReaders()
    {
        Step("membarrier");
        inner.WaitForReaders();
    }

    public IBackendSocket? WaitForArrival(IReadOnlyList<IBackendSocket> sockets, TimeSpan timeout) =>
        inner.WaitForArrival([.. sockets.Select(Inner)], timeout) is { } ready ? sockets.First(socket => Inner(socket) == ready) : null;

    public void LetTimePass(TimeSpan time) => inner.LetTimePass(time);

    public string? Lacks(BackendAbility ability) => inner.Lacks(ability);

    public IReadOnlyList<EnvironmentCheck> CheckEnvironment() => inner.CheckEnvironment();

    public void Dispose()
    {
        // The inner backend is the world's.
    }

    private static IBackendMap Inner(IBackendMap map) => ((FaultyMap)map).Target;

    private static IBackendProgram Inner(IBackendProgram program) => ((FaultyProgram)program).Target;

    private static IBackendSocket Inner(IBackendSocket socket) => ((FaultySocket)socket).Target;

    private void Step(string operation)
    {
        Operations.Add(operation);
        if (_left > 0 && --_left == 0)
        {
            Refused = operation;
            throw new BackendException(Errno.ENOMEM, operation, Diagnostic.Error("RPS5000", $"{operation}: refused by the test."));
        }
    }

    private abstract class Handle<T> : IDisposable
        where T : IDisposable
    {
        protected Handle(FaultyBackend backend, T target)
        {
            Backend = backend;
            Target = target;
            backend._open.Add(this);
        }

        public T Target { get; }

        protected FaultyBackend Backend { get; }

        public void Dispose()
        {
            Backend._open.Remove(this);
            Target.Dispose();
        }
    }

    private sealed class FaultyMap(FaultyBackend backend, IBackendMap map) : Handle<IBackendMap>(backend, map), IBackendMap
    {
        public MapSpec Spec => Target.Spec;

        public uint Id => Target.Id;

        public byte[]? Lookup(ReadOnlySpan<byte> key)
        {
            if (!Backend.SparesSeats || Spec.Type != MapType.ReuseportSockArray)
            {
                Backend.Step("BPF_MAP_LOOKUP_ELEM");
            }

            return Target.Lookup(key);
        }

        public byte[]? LookupAndDelete(ReadOnlySpan<byte> key)
        {
            Backend.Step("BPF_MAP_LOOKUP_AND_DELETE_ELEM");
            return Target.LookupAndDelete(key);
        }

        public bool Contains(ReadOnlySpan<byte> value)
        {
            Backend.Step("BPF_MAP_LOOKUP_ELEM");
            return Target.Contains(value);
        }

        public byte[]? Consume() => Target.Consume();

        public void UpdateProgram(uint index, IBackendProgram program)
        {
            Backend.Step("BPF_MAP_UPDATE_ELEM");
            Target.UpdateProgram(index, Inner(program));
        }

        public void Update(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, MapUpdateFlags flags = MapUpdateFlags.Any)
        {
            Backend.Step("BPF_MAP_UPDATE_ELEM");
            Target.Update(key, value, flags);
        }

        public void UpdateAll(MapSpec contents)
        {
            Backend.Step("BPF_MAP_UPDATE_BATCH");
            Target.UpdateAll(contents);
        }

        public void UpdateSocket(uint index, IBackendSocket socket, MapUpdateFlags flags = MapUpdateFlags.Any)
        {
            Backend.Step("BPF_MAP_UPDATE_ELEM");
            Target.UpdateSocket(index, Inner(socket), flags);
        }

        public void UpdateSocket(ReadOnlySpan<byte> key, IBackendSocket socket, MapUpdateFlags flags = MapUpdateFlags.Any)
        {
            Backend.Step("BPF_MAP_UPDATE_ELEM");
            Target.UpdateSocket(key, Inner(socket), flags);
        }

        public void UpdateMap(uint index, IBackendMap inner)
        {
            Backend.Step("BPF_MAP_UPDATE_ELEM");
            Target.UpdateMap(index, Inner(inner));
        }

        public void Delete(ReadOnlySpan<byte> key)
        {
            Backend.Step("BPF_MAP_DELETE_ELEM");
            Target.Delete(key);
        }

        public byte[]? NextKey(ReadOnlySpan<byte> key) => Target.NextKey(key);

        public void Freeze() => Target.Freeze();
    }

    private sealed class FaultyProgram(FaultyBackend backend, IBackendProgram program) : Handle<IBackendProgram>(backend, program), IBackendProgram
    {
        public uint Id => Target.Id;

        public string Name => Target.Name;

        public string Tag => Target.Tag;
    }

    private sealed class FaultySocket(FaultyBackend backend, IBackendSocket socket) : Handle<IBackendSocket>(backend, socket), IBackendSocket
    {
        public TransportProtocol Protocol => Target.Protocol;

        public IpFamily Family => Target.Family;

        public ulong Cookie => Target.Cookie;

        public ulong NamespaceCookie => Target.NamespaceCookie + Backend.NamespaceShift;

        public IPEndPoint? LocalEndPoint => Target.LocalEndPoint;

        public int GetOption(SocketOption option)
        {
            Backend.Step("getsockopt");
            return Target.GetOption(option);
        }

        public void SetOption(SocketOption option, int value) => Target.SetOption(option, value);

        public void Bind(IPEndPoint endPoint)
        {
            Backend.Step("bind");
            Target.Bind(endPoint);
        }

        public void Listen(int backlog)
        {
            Backend.Step("listen");
            Target.Listen(backlog);
        }

        public void Connect(IPEndPoint endPoint) => Target.Connect(endPoint);

        public void Disconnect() => Target.Disconnect();

        public void Shutdown(SocketShutdown how) => Target.Shutdown(how);

        public void AttachProgram(IBackendProgram program)
        {
            Backend.Step("SO_ATTACH_REUSEPORT_EBPF");
            Target.AttachProgram(Inner(program));
            Backend.AfterAttach?.Invoke();
        }

        public void AttachClassicProgram(ClassicProgram program)
        {
            Backend.Step("SO_ATTACH_REUSEPORT_CBPF");
            Target.AttachClassicProgram(program);
        }

        public void DetachProgram()
        {
            Backend.Step("SO_DETACH_REUSEPORT_BPF");
            Target.DetachProgram();
        }

        public void SendTo(ReadOnlySpan<byte> datagram, IPEndPoint destination) => Target.SendTo(datagram, destination);

        public void Send(ReadOnlySpan<byte> data) => Target.Send(data);

        public bool TryReceive(Span<byte> buffer, out int length, out IPEndPoint? source) => Target.TryReceive(buffer, out length, out source);

        public IBackendSocket? TryAccept(out IPEndPoint? peer) => Target.TryAccept(out peer) is { } accepted ? new FaultySocket(Backend, accepted) : null;

        public IBackendSocket Duplicate() => new FaultySocket(Backend, Target.Duplicate());

        public void Abort()
        {
            Target.Abort();
            Dispose();
        }
    }

    private sealed class FaultyPins(FaultyBackend backend, IPinStore pins) : IPinStore
    {
        public IReadOnlyList<string> List()
        {
            backend.Step("list pins");
            return pins.List();
        }

        public IPinFolder? Open(string group)
        {
            backend.Step("open pins");
            return pins.Open(group) is { } folder ? new FaultyFolder(backend, folder) : null;
        }

        public IPinFolder Create(string group, uint? unixGroup = null)
        {
            backend.Step("mkdir");
            return new FaultyFolder(backend, pins.Create(group, unixGroup));
        }

        public IDisposable Lock(string group)
        {
            backend.Step("flock");
            return new HeldLock(backend, pins.Lock(group));
        }

        public void Remove(string group)
        {
            backend.Step("rmdir");
            pins.Remove(group);
        }
    }

    private sealed class HeldLock(FaultyBackend backend, IDisposable held) : Handle<IDisposable>(backend, held);

    private sealed class FaultyFolder(FaultyBackend backend, IPinFolder folder) : Handle<IPinFolder>(backend, folder), IPinFolder
    {
        public IReadOnlyList<string> Names => Target.Names;

        public void Pin(string name, IBackendMap map)
        {
            Backend.Step("BPF_OBJ_PIN");
            Target.Pin(name, Inner(map));
        }

        public void Pin(string name, IBackendProgram program)
        {
            Backend.Step("BPF_OBJ_PIN");
            Target.Pin(name, Inner(program));
        }

        public IBackendMap? OpenMap(string name)
        {
            Backend.Step("BPF_OBJ_GET");
            return Target.OpenMap(name) is { } map ? new FaultyMap(Backend, map) : null;
        }

        public IBackendProgram? OpenProgram(string name)
        {
            Backend.Step("BPF_OBJ_GET");
            return Target.OpenProgram(name) is { } program ? new FaultyProgram(Backend, program) : null;
        }

        public void Unpin(string name)
        {
            Backend.Step("unlink");
            Target.Unpin(name);
        }

        public void RequireMaker(string why) => Target.RequireMaker(why);

        public void Publish()
        {
            Backend.Step("rename");
            Target.Publish();
        }
    }
}
