using System.Net;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Engine.Scenarios;

/// <summary>What a running case has made, by name, in a network namespace of its own. Disposing it ends all of it.</summary>
public sealed class ScenarioHost : IDisposable
{
    /// <summary>The process that holds what no step gives to another one.</summary>
    public const string MainProcess = "main";

    private const ushort FirstSourcePort = 20000;
    private const int Attempts = 200;

    private readonly List<Handle> _sockets = [];
    private readonly Dictionary<string, ulong> _cookies = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IBackendSocket> _connections = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IBackendMap> _maps = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ScenarioProgram> _programs = new(StringComparer.Ordinal);
    private readonly List<IDisposable> _others = [];
    private ushort _sourcePort = FirstSourcePort;

    /// <summary>Begins with an empty namespace.</summary>
    /// <exception cref="BackendException">The backend cannot make one.</exception>
    public ScenarioHost(IReuseportBackend backend)
    {
        Backend = backend;
        Network = backend.CreateNamespace();
    }

    /// <summary>How long something is waited for that must come.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromSeconds(2);

    /// <summary>The backend.</summary>
    public IReuseportBackend Backend { get; }

    /// <summary>The namespace of servers and clients.</summary>
    public INetworkNamespace Network { get; }

    /// <summary>Names of the sockets that somebody holds.</summary>
    public IEnumerable<string> SocketNames => _sockets.Select(handle => handle.Name).Distinct(StringComparer.Ordinal);

    /// <summary>Keeps a new socket, held by a process.</summary>
    public void AddSocket(string name, string process, IBackendSocket socket)
    {
        if (_sockets.Exists(handle => handle.Name == name))
        {
            socket.Dispose();
            throw new ScenarioException($"there is a socket '{name}' already");
        }

        AddHandle(name, process, socket);
    }

    /// <summary>Gives a process a handle on a socket.</summary>
    public void AddHandle(string name, string process, IBackendSocket socket)
    {
        _sockets.Add(new Handle(name, process, socket));
        _cookies[name] = socket.Cookie;
    }

    /// <summary>A handle on a socket: the first that is held.</summary>
    public IBackendSocket Socket(string name) =>
        _sockets.Find(handle => handle.Name == name)?.Socket ?? throw new ScenarioException($"nobody holds socket '{name}' any more");

    /// <summary>A socket, or an end of a connection.</summary>
    public IBackendSocket End(string name) => _connections.TryGetValue(name, out IBackendSocket? connection) ? connection : Socket(name);

    /// <summary>The name of the socket with a cookie: <c>empty</c> for 0, <c>another</c> for one that the scenario has not made.</summary>
    public string NameOf(ulong cookie) =>
        cookie == 0 ? "empty" : _cookies.FirstOrDefault(pair => pair.Value == cookie).Key ?? "another";

    /// <summary>Closes what a process holds, in the order it got it; only of one socket when a name is given.</summary>
    public void Close(string? process, string? name = null)
    {
        Handle[] closing = [.. _sockets.Where(handle => (process is null || handle.Process == process) && (name is null || handle.Name == name))];
        if (closing.Length == 0)
        {
            throw new ScenarioException(name is null ? $"process '{process}' holds no socket" : $"{(process is null ? "nobody" : $"process '{process}'")} holds socket '{name}'");
        }

        foreach (Handle handle in closing)
        {
            _sockets.Remove(handle);
            handle.Socket.Dispose();
        }
    }

    /// <summary>Keeps one end of a connection.</summary>
    public void AddConnection(string name, IBackendSocket end) => _connections[name] = end;

    /// <summary>An end of a connection.</summary>
    public IBackendSocket Connection(string name) =>
        _connections.TryGetValue(name, out IBackendSocket? end) ? end : throw new ScenarioException($"there is no connection '{name}'");

    /// <summary>Forgets an end of a connection that was closed.</summary>
    public void RemoveConnection(string name) => _connections.Remove(name);

    /// <summary>Keeps a map.</summary>
    public void AddMap(string name, IBackendMap map) => _maps[name] = map;

    /// <summary>A map, or null.</summary>
    public IBackendMap? FindMap(string name) => _maps.GetValueOrDefault(name);

    /// <summary>A map.</summary>
    public IBackendMap Map(string name) => FindMap(name) ?? throw new ScenarioException($"there is no map '{name}'");

    /// <summary>The map of a declaration's name; where there is none it is made.</summary>
    public IBackendMap FindOrCreate(MapSpec spec)
    {
        if (FindMap(spec.Name) is { } map)
        {
            return map;
        }

        AddMap(spec.Name, map = Backend.CreateMap(spec));
        return map;
    }

    /// <summary>Closes the handle on a map.</summary>
    public void ReleaseMap(string name)
    {
        Map(name).Dispose();
        _maps.Remove(name);
    }

    /// <summary>Keeps a program.</summary>
    internal void AddProgram(string name, ScenarioProgram program) => _programs[name] = program;

    /// <summary>A program.</summary>
    internal ScenarioProgram Program(string name) =>
        _programs.TryGetValue(name, out ScenarioProgram? program) ? program : throw new ScenarioException($"there is no program '{name}'");

    /// <summary>The name of the program with an id.</summary>
    public string NameOfProgram(uint id) => _programs.FirstOrDefault(pair => pair.Value.Program?.Id == id).Key ?? "another";

    /// <summary>Closes the handle on a program.</summary>
    public void ReleaseProgram(string name)
    {
        Program(name).Program?.Dispose();
        _programs.Remove(name);
    }

    /// <summary>Keeps something until the case ends.</summary>
    public void Keep(IDisposable resource) => _others.Add(resource);

    /// <summary>What the backend knows about a socket that listens or, UDP, is bound.</summary>
    public SocketRecord Record(string name)
    {
        IBackendSocket socket = Socket(name);
        return Backend.FindSockets(new SocketQuery(socket.Protocol, Cookie: socket.Cookie, Namespace: Network, WithOwners: false)).SingleOrDefault()
            ?? throw new ScenarioException($"socket '{name}' receives nothing: it is not bound, or does not listen");
    }

    /// <summary>Sockets of a protocol that can receive, by name.</summary>
    public IReadOnlyList<(string Name, IBackendSocket Socket)> Receivers(TransportProtocol protocol)
    {
        HashSet<ulong> bound = [.. Backend.FindSockets(new SocketQuery(protocol, Namespace: Network, WithOwners: false)).Select(record => record.Cookie)];
        return [.. SocketNames.Select(name => (Name: name, Socket: Socket(name))).Where(pair => pair.Socket.Protocol == protocol && bound.Contains(pair.Socket.Cookie))];
    }

    /// <summary>A source for a client that says none: of the destination's family, with a port of its own.</summary>
    public IPEndPoint NextSource(IPAddress destination)
    {
        bool v4 = destination.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork;
        IPAddress address = IPAddress.IsLoopback(destination) ? destination : IPAddress.Parse(v4 ? "10.8.0.1" : "fd08::1");
        return new IPEndPoint(address, _sourcePort++);
    }

    /// <summary>Waits until something is so: what the kernel does a little later, and a simulator at once.</summary>
    public bool Becomes(Func<bool> condition)
    {
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            if (condition())
            {
                return true;
            }

            if (Backend.Info.Kind == BackendKind.Simulator)
            {
                return false;
            }

            Backend.WaitForReaders();
        }

        return condition();
    }

    /// <summary>Ends everything, what was made last first.</summary>
    public void Dispose()
    {
        foreach (IDisposable resource in (IEnumerable<IDisposable>)
            [.. _connections.Values, .. _sockets.Select(handle => handle.Socket), .. _programs.Values, .. _maps.Values, .. _others, Network])
        {
            resource.Dispose();
        }
    }

    private sealed record Handle(string Name, string Process, IBackendSocket Socket);
}
