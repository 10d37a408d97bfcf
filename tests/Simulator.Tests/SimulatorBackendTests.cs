using System.Globalization;
using System.Text;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Packets;

namespace ReuseportPS.Simulator.Tests;

public sealed class SimulatorBackendTests
{
    private readonly Host _host = new();

    [Fact]
    public void Options_out_of_range_are_refused()
    {
        Assert.Contains("5.10", Assert.Throws<DiagnosticException>(() => new SimulatorBackend(new SimulatorOptions { KernelVersion = "4.19" })).Message, StringComparison.Ordinal);
        Assert.Throws<DiagnosticException>(() => new SimulatorBackend(new SimulatorOptions { CpuCount = 0 }));
    }

    [Fact]
    public void Info_and_environment()
    {
        Assert.Equal(new BackendInfo(BackendKind.Simulator, "6.18", 4, 1), _host.Backend.Info);
        Assert.True(Assert.Single(_host.Backend.CheckEnvironment()).Passed);
    }

    [Fact]
    public void Find_sockets_lists_listeners_and_bound_udp_sockets()
    {
        IBackendSocket udp = _host.Open(TransportProtocol.Udp, "127.0.0.1");
        IBackendSocket tcp = _host.Open(TransportProtocol.Tcp, "::", 5001);
        IBackendSocket boundOnly = _host.Socket(TransportProtocol.Tcp, "127.0.0.1");
        boundOnly.Bind(Host.EndPoint("127.0.0.1", 5002));
        _host.Socket(TransportProtocol.Udp, "127.0.0.1");
        IBackendSocket client = _host.Socket(TransportProtocol.Tcp, "::1");
        client.Connect(Host.EndPoint("::1", 5001));

        Assert.Equal([udp.Cookie, tcp.Cookie], Find(new SocketQuery()));
        Assert.Equal([tcp.Cookie], Find(new SocketQuery(TransportProtocol.Tcp)));
        Assert.Equal([udp.Cookie], Find(new SocketQuery(Port: 5000)));
        Assert.Equal([tcp.Cookie], Find(new SocketQuery(Address: System.Net.IPAddress.IPv6Any)));
        Assert.Empty(Find(new SocketQuery(Address: System.Net.IPAddress.Any)));
        Assert.Equal([tcp.Cookie], Find(new SocketQuery(Cookie: tcp.Cookie)));
        Assert.Empty(Find(new SocketQuery(ProcessId: 1)));
        Assert.Empty(Find(new SocketQuery(Namespace: _host.Backend.CreateNamespace())));

        SocketRecord record = _host.Record(tcp);
        Assert.Equal(
            (IpFamily.V6, "[::]:5001", 0u, 0, false, false, 1, _host.Network.Id),
            (record.Family, record.LocalEndPoint.ToString(), record.Uid, record.InterfaceIndex, record.V6Only, record.IsConnected, record.ReceiveQueue, record.NetworkNamespace));
        Assert.NotEqual(record.Inode, _host.Record(udp).Inode);
    }

    [Fact]
    public void Processes_own_sockets_and_their_exit_closes_them()
    {
        SimulatedProcess server = _host.Backend.CreateProcess("nginx", uid: 33);
        IBackendSocket socket = server.CreateSocket(new SocketSpec(TransportProtocol.Udp, IpFamily.V4));
        socket.Bind(Host.EndPoint("127.0.0.1"));
        SocketRecord record = _host.Record(socket);
        Assert.Equal((33u, new SocketOwner(server.ProcessId, 3, "nginx")), (record.Uid, Assert.Single(record.Owners)));
        Assert.Equal([record.Cookie], Find(new SocketQuery(ProcessId: server.ProcessId)));
        Assert.Empty(_host.Backend.FindSockets(new SocketQuery(WithOwners: false))[0].Owners);

        IBackendSocket dup = _host.Backend.AcquireSocket(record);
        Assert.Equal(record.Cookie, dup.Cookie);
        Assert.Equal(["nginx", "simulated"], _host.Record(dup).Owners.Select(owner => owner.Command));
        server.Dispose();
        Assert.Equal("simulated", Assert.Single(_host.Record(dup).Owners).Command);
        dup.Dispose();
        Assert.Empty(Find(new SocketQuery()));
        Assert.Equal(Errno.ESRCH, Host.Outcome(() => _host.Backend.AcquireSocket(record)));
    }

    [Fact]
    public void Cookies_ids_and_descriptors_rise()
    {
        Assert.Equal([1ul, 2ul], [_host.Socket(TransportProtocol.Udp, "::").Cookie, _host.Socket(TransportProtocol.Udp, "::").Cookie]);
        Assert.Equal([1u, 2u], [_host.SockArray().Id, _host.SockArray().Id]);
        Assert.Equal([1u, 2u], [_host.Returning(0).Id, _host.Returning(0).Id]);
    }

    [Fact]
    public void Per_cpu_values_are_one_per_cpu_rounded_up_to_8_bytes()
    {
        IBackendMap map = _host.Backend.CreateMap(new MapSpec("counts", MapType.PerCpuArray, 4, 12, 1));
        byte[] value = [.. Enumerable.Range(0, 64).Select(i => (byte)i)];
        map.Update(new byte[4], value);
        byte[] read = map.Lookup(new byte[4])!;
        Assert.Equal(64, read.Length);
        Assert.Equal(value[16..28], read[16..28]);
    }

    [Fact]
    public void Maps_refuse_with_the_kernels_errors()
    {
        IBackendMap array = _host.Backend.CreateMap(new MapSpec("array", MapType.Array, 4, 8, 2) { Frozen = true });
        Assert.Equal(Errno.EPERM, Host.Outcome(() => array.Update(new byte[4], new byte[8])));
        Assert.Equal(Errno.EINVAL, Host.Outcome(() => array.UpdateSocket(0, _host.Open(TransportProtocol.Udp, "127.0.0.1"))));
        Assert.Equal(Errno.EINVAL, Host.Outcome(() => array.UpdateMap(0, _host.SockArray())));
        Assert.Equal(Errno.EINVAL, Host.Outcome(() => _host.Backend.CreateMap(new MapSpec("odd", MapType.Array, 8, 8, 2))));
        Assert.Null(array.Lookup([2, 0, 0, 0]));
    }

    [Fact]
    public void Pins_keep_maps_and_programs_under_a_published_name()
    {
        IPinStore pins = _host.Backend.Pins;
        IBackendMap map = _host.SockArray();
        IBackendProgram program = _host.Returning(1);
        (uint mapId, uint programId) = (map.Id, program.Id);
        IPinFolder folder = pins.Create("web");
        folder.Pin("seats", map);
        folder.Pin("program", program);
        Assert.Null(pins.Open("web"));
        folder.Publish();
        folder.Dispose();
        map.Dispose();
        program.Dispose();

        Assert.Equal(["web"], pins.List());
        IPinFolder again = pins.Open("web")!;
        Assert.Equal(["program", "seats"], again.Names);
        Assert.Equal(mapId, again.OpenMap("seats")!.Id);
        using (IBackendProgram opened = again.OpenProgram("program")!)
        {
            Assert.Equal(programId, opened.Id);
        }

        Assert.Null(again.OpenMap("none"));
        Assert.Equal(Errno.EINVAL, Host.Outcome(() => again.OpenMap("program")));
        Assert.Throws<ArgumentException>(() => again.Pin("with.dot", _host.SockArray()));
        Assert.Equal(Errno.EEXIST, Host.Outcome(() => pins.Create("web").Publish()));
        again.Unpin("program");
        again.Unpin("program");
        Assert.Null(_host.Backend.OpenProgram(programId));
        pins.Remove("web");
        pins.Remove("web");
        Assert.Empty(pins.List());
    }

    [Fact]
    public void Unpublished_folder_lets_go_of_its_pins()
    {
        IBackendProgram program = _host.Returning(1);
        using (IPinFolder folder = _host.Backend.Pins.Create("web"))
        {
            folder.Pin("program", program);
            program.Dispose();
            Assert.NotNull(_host.Backend.OpenProgram(program.Id));
        }

        // Still held by the descriptor that OpenProgram gave above; the pin is gone.
        Assert.Empty(_host.Backend.Pins.List());
    }

    [Fact]
    public void Lock_that_is_held_is_busy_at_once()
    {
        IDisposable held = _host.Backend.Pins.Lock("web");
        Assert.Equal(Errno.EBUSY, Host.Outcome(() => _host.Backend.Pins.Lock("web")));
        _host.Backend.Pins.Lock("other").Dispose();
        held.Dispose();
        held.Dispose();
        _host.Backend.Pins.Lock("web").Dispose();
    }

    [Fact]
    public void Same_seed_same_bytes()
    {
        string first = Story(42);
        Assert.Equal(first, Story(42));
        Assert.NotEqual(first, Story(43));
    }

    [Fact]
    public void Disposing_closes_everything()
    {
        _host.OpenGroup(TransportProtocol.Udp, "127.0.0.1", 3);
        _host.Backend.Dispose();
        Assert.Empty(_host.Network.Sockets);
    }

    /// <summary>A bit of everything that is random, as text.</summary>
    private static string Story(ulong seed)
    {
        Host host = new(new SimulatorOptions { Seed = seed });
        StringBuilder text = new();
        IBackendSocket[] members = host.OpenGroup(TransportProtocol.Udp, "0.0.0.0", 7);
        host.OpenGroup(TransportProtocol.Tcp, "::", 5);
        IBackendSocket client = host.Socket(TransportProtocol.Udp, "127.0.0.1");
        for (int i = 0; i < 50; i++)
        {
            client.SendTo("x"u8, Host.EndPoint("127.0.0.1"));
            text.AppendLine(CultureInfo.InvariantCulture, $"{host.Deliver(TransportProtocol.Tcp, "fd00::1", fromPort: 3000 + i)}");
            text.AppendLine(CultureInfo.InvariantCulture, $"{host.Backend.WaitForArrival(members, TimeSpan.Zero)?.Cookie}");
        }

        IBackendSocket connection = host.Socket(TransportProtocol.Tcp, "127.0.0.1");
        connection.Connect(Host.EndPoint("127.0.0.1"));
        text.AppendLine(CultureInfo.InvariantCulture, $"{client.LocalEndPoint} {connection.LocalEndPoint}");
        text.AppendLine(CultureInfo.InvariantCulture, $"{((SimulatedNamespace)host.Backend.CreateNamespace()).HashMix}");
        return text.ToString();
    }

    private IEnumerable<ulong> Find(SocketQuery query) => _host.Backend.FindSockets(query).Select(record => record.Cookie);
}
