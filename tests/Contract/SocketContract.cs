using System.Net;
using System.Net.Sockets;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Scenarios;

namespace ReuseportPS.Contract;

/// <summary>Sockets: who may bind beside whom, and which socket is asked first when several match.</summary>
public abstract class SocketContract<TWorld>(TWorld world) : ContractTest<TWorld>(world)
    where TWorld : World
{
    [Theory]
    [MemberData(nameof(BindCases.All), MemberType = typeof(BindCases))]
    public void A_second_socket_on_the_port(string first, string second, Errno bind, Errno listen)
    {
        _ = Open(first);
        IBackendSocket other = Create(second);

        Assert.Equal(bind, Refusal(() => other.Bind(SocketText.Parse(second).EndPoint(World, Port))));
        if (bind == Errno.None && other.Protocol == TransportProtocol.Tcp)
        {
            Assert.Equal(listen, Refusal(() => other.Listen(16)));
        }
        else if (bind != Errno.None)
        {
            Assert.Null(other.LocalEndPoint);
        }
    }

    /// <summary>Sockets in the order they are opened (one letter and text each), a packet, and the letter that gets it.</summary>
    [Theory]
    [InlineData("udp4", 1, "udp4 any", "udp4 server")]
    [InlineData("udp4", 0, "udp4 server", "udp4 any")]
    [InlineData("udp6", 1, "udp6 any", "udp6 server")]
    [InlineData("udp6", 0, "udp6 server", "udp6 any")]
    [InlineData("tcp4", 1, "tcp4 any", "tcp4 server")]
    [InlineData("tcp4", 0, "tcp4 server", "tcp4 any")]
    [InlineData("tcp6", 1, "tcp6 any", "tcp6 server")]
    [InlineData("tcp6", 0, "tcp6 server", "tcp6 any")]
    [InlineData("udp4", 1, "udp6 any", "udp4 any")]
    [InlineData("udp4", 0, "udp4 any", "udp6 any")]
    [InlineData("tcp4", 1, "tcp6 any", "tcp4 any")]
    [InlineData("tcp4", 0, "tcp4 any", "tcp6 any")]
    [InlineData("udp6", 0, "udp6 any", "udp4 any")]
    [InlineData("tcp6", 0, "tcp6 any", "tcp4 any")]
    [InlineData("udp4", 0, "udp6 any")]
    [InlineData("tcp4", 0, "tcp6 any")]
    [InlineData("udp6", 0, "udp6 any v6only", "udp6 any")]
    [InlineData("udp6", 0, "udp6 any", "udp6 any v6only")]
    [InlineData("udp4", 1, "udp6 any v6only", "udp6 any")]
    [InlineData("tcp6", 0, "tcp6 any v6only", "tcp6 any")]
    [InlineData("tcp6", 0, "tcp6 any", "tcp6 any v6only")]
    [InlineData("tcp4", 1, "tcp6 any v6only", "tcp6 any")]
    [InlineData("udp4", 1, "udp6 mapped", "udp4 server")]
    [InlineData("udp4", 0, "udp4 server", "udp6 mapped")]
    [InlineData("tcp4", 1, "tcp6 mapped", "tcp4 server")]
    [InlineData("tcp4", 0, "tcp4 server", "tcp6 mapped")]
    [InlineData("udp4", 0, "udp6 mapped")]
    [InlineData("tcp4", 0, "tcp6 mapped")]
    [InlineData("udp4", 1, "udp4", "udp4 device")]
    [InlineData("udp4", 1, "udp4 device", "udp4")]
    [InlineData("udp6", 0, "udp6", "udp6 device")]
    [InlineData("udp6", 0, "udp6 device", "udp6")]
    [InlineData("tcp4", 1, "tcp4", "tcp4 device")]
    [InlineData("tcp4", 1, "tcp4 device", "tcp4")]
    [InlineData("tcp6", 0, "tcp6", "tcp6 device")]
    [InlineData("tcp6", 0, "tcp6 device", "tcp6")]
    [InlineData("udp4", 1, "udp4 -reuseport reuseaddr", "udp4 -reuseport reuseaddr")]
    [InlineData("udp4", 0, "udp4", "udp4 other")]
    [InlineData("udp4", -1, "udp4 other")]
    [InlineData("udp6", -1, "udp6 other")]
    [InlineData("tcp4", -1, "tcp4 other")]
    [InlineData("tcp6", -1, "tcp6 other")]
    [InlineData("udp4", -1, "udp6 any v6only")]
    [InlineData("tcp4", -1, "tcp6 any v6only")]
    public void Which_socket_is_asked(string packet, int expected, params string[] sockets)
    {
        IBackendSocket[] opened = [.. sockets.Select(socket => Open(socket))];

        FlowArrival arrival = Arrival(packet, opened);

        Assert.Equal(expected < 0 ? Rejected : Slot(expected), arrival);
    }

    [Theory]
    [InlineData("udp4 any")]
    [InlineData("udp6 any")]
    [InlineData("tcp4 any")]
    [InlineData("tcp6 any")]
    public void Port_0_gives_a_port_of_its_own(string text)
    {
        IBackendSocket first = Create(text);
        IBackendSocket second = Create(text);
        Assert.Null(first.LocalEndPoint);
        first.Bind(SocketText.Parse(text).EndPoint(World, 0));
        second.Bind(SocketText.Parse(text).EndPoint(World, 0));

        Assert.InRange(first.LocalEndPoint!.Port, 1024, 65535);
        Assert.NotEqual(first.LocalEndPoint.Port, second.LocalEndPoint!.Port);
        Assert.Equal(SocketText.Parse(text).EndPoint(World, 0).Address, first.LocalEndPoint.Address);

        // A third may join the port that the first was given.
        Create(text).Bind(first.LocalEndPoint);
    }

    [Theory]
    [InlineData("udp4")]
    [InlineData("tcp6")]
    public void Binding_twice_is_EINVAL(string text)
    {
        IBackendSocket socket = Bind(text);

        Assert.Equal(Errno.EINVAL, Refusal(() => socket.Bind(SocketText.Parse(text).EndPoint(World, World.NextPort()))));
        Assert.Equal(Port, socket.LocalEndPoint!.Port);
    }

    [Theory]
    [InlineData("udp4", SocketOption.ReusePort, 1)]
    [InlineData("udp4 -reuseport", SocketOption.ReusePort, 0)]
    [InlineData("tcp6", SocketOption.ReusePort, 1)]
    [InlineData("tcp6", SocketOption.V6Only, 0)]
    [InlineData("tcp6 v6only", SocketOption.V6Only, 1)]
    [InlineData("udp4", SocketOption.IncomingCpu, -1)]
    [InlineData("udp4", SocketOption.ReuseAddress, 0)]
    [InlineData("udp4 reuseaddr", SocketOption.ReuseAddress, 1)]
    [InlineData("tcp4", SocketOption.LockFilter, 0)]
    public void Options_read_back(string text, SocketOption option, int expected) => Assert.Equal(expected, Create(text).GetOption(option));

    [Fact]
    public void The_filter_lock_cannot_be_cleared()
    {
        IBackendSocket socket = Create("udp4");
        socket.SetOption(SocketOption.LockFilter, 1);

        Assert.Equal(Errno.EPERM, Refusal(() => socket.SetOption(SocketOption.LockFilter, 0)));
        Assert.Equal(1, socket.GetOption(SocketOption.LockFilter));
    }

    [Fact]
    public void Cookies_are_unique_and_stay()
    {
        IBackendSocket[] sockets = [Create("udp4"), Create("udp4"), Create("tcp6")];
        ulong[] cookies = [.. sockets.Select(socket => socket.Cookie)];

        Assert.DoesNotContain(0UL, cookies);
        Assert.Equal(3, cookies.Distinct().Count());
        sockets[0].Bind(new IPEndPoint(World.ServerV4, Port));
        Assert.Equal(cookies, sockets.Select(socket => socket.Cookie));
    }

    /// <summary>An IPv6 socket that binds to one address, other than a mapped one, becomes IPV6_V6ONLY by that.</summary>
    [Theory]
    [InlineData("udp4", false)]
    [InlineData("udp6", true)]
    [InlineData("udp6 any", false)]
    [InlineData("udp6 any v6only", true)]
    [InlineData("udp6 mapped", false)]
    [InlineData("tcp4", false)]
    [InlineData("tcp6", true)]
    [InlineData("tcp6 any", false)]
    [InlineData("tcp6 mapped", false)]
    public void Found_sockets_say_what_they_are(string text, bool v6Only)
    {
        IBackendSocket[] sockets = [.. OpenMany(text, 3)];
        SocketText kind = SocketText.Parse(text);

        IReadOnlyList<SocketRecord> found = Backend.FindSockets(new SocketQuery(
            kind.Protocol, Port, kind.EndPoint(World, Port).Address, Namespace: World.Servers, WithOwners: false));

        Assert.Equal(sockets.Select(socket => socket.Cookie).Order(), found.Select(socket => socket.Cookie).Order());
        Assert.All(found, socket =>
        {
            Assert.Equal(kind.EndPoint(World, Port), socket.LocalEndPoint);
            Assert.Equal((kind.Protocol, kind.Family, v6Only, false), (socket.Protocol, socket.Family, socket.V6Only, socket.IsConnected));
            Assert.Equal(World.Servers.Id, socket.NetworkNamespace);
            Assert.Equal(0, socket.InterfaceIndex);
            Assert.Equal(0, socket.ReceiveQueue);
        });
        Assert.Equal(3, found.Select(socket => socket.Inode).Distinct().Count());
        if (kind.Family == IpFamily.V6)
        {
            Assert.Equal(v6Only ? 1 : 0, sockets[0].GetOption(SocketOption.V6Only));
        }
    }

    [Fact]
    public void Finding_asks_for_what_is_listening_or_bound()
    {
        _ = Create("udp4");
        _ = Bind("tcp4");
        IBackendSocket connected = Open("udp4 server", Port);
        connected.Connect(new IPEndPoint(World.ClientV4, 9));
        IBackendSocket v6Only = Open("udp6 any v6only");

        IReadOnlyList<SocketRecord> found = Backend.FindSockets(new SocketQuery(Port: Port, Namespace: World.Servers, WithOwners: false));

        Assert.Equal(2, found.Count);
        Assert.True(Assert.Single(found, socket => socket.Cookie == connected.Cookie).IsConnected);
        Assert.True(Assert.Single(found, socket => socket.Cookie == v6Only.Cookie).V6Only);
        Assert.Empty(Backend.FindSockets(new SocketQuery(TransportProtocol.Tcp, Port, Namespace: World.Servers)));
        Assert.Empty(Backend.FindSockets(new SocketQuery(Port: Port, Address: World.ClientV4, Namespace: World.Servers)));
    }

    [Fact]
    public void A_datagram_arrives_with_its_source()
    {
        IBackendSocket socket = Open("udp4");
        IBackendSocket client = ConnectClient("udp4");
        byte[] buffer = new byte[8];
        Assert.False(socket.TryReceive(buffer, out _, out _));

        client.Send([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);

        Assert.Same(socket, Backend.WaitForArrival([socket], TimeSpan.FromSeconds(2)));
        Assert.True(socket.TryReceive(buffer, out int length, out IPEndPoint? source));
        Assert.Equal(8, length);
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8], buffer);
        Assert.Equal(client.LocalEndPoint, source);
        Assert.False(socket.TryReceive(buffer, out _, out _));
        Assert.Null(Backend.WaitForArrival([socket], TimeSpan.FromMilliseconds(1)));
    }

    [Theory]
    [InlineData("tcp4")]
    [InlineData("tcp6")]
    public void Connections_queue_until_they_are_accepted(string text)
    {
        IBackendSocket listener = Open(text);
        Assert.Null(listener.TryAccept(out _));
        IBackendSocket[] clients = [ConnectClient(text), ConnectClient(text)];

        Assert.Same(listener, Backend.WaitForArrival([listener], TimeSpan.FromSeconds(2)));
        foreach (IBackendSocket client in clients)
        {
            Assert.True(Becomes(() => Record(listener).ReceiveQueue > 0));
            IBackendSocket accepted = Keep(listener.TryAccept(out IPEndPoint? peer)!);
            Assert.Equal(client.LocalEndPoint, peer);
            Assert.Equal(listener.LocalEndPoint, accepted.LocalEndPoint);
        }

        Assert.Null(listener.TryAccept(out _));
    }

    [Theory]
    [InlineData("tcp4")]
    [InlineData("tcp6")]
    public void Nobody_listening_is_ECONNREFUSED(string packet) =>
        Assert.Equal(Errno.ECONNREFUSED, Refusal(() => ConnectClient(packet)));

    [Fact]
    public void Using_a_socket_that_is_not_connected()
    {
        Assert.Equal(Errno.EDESTADDRREQ, Refusal(() => Bind("udp4").Send([1])));
        Assert.Equal(Errno.ENOTCONN, Refusal(() => Bind("tcp4").Shutdown(SocketShutdown.Both)));
    }

    [Fact]
    public void An_aborted_connection_leaves_its_port_free()
    {
        IBackendSocket listener = Open("tcp4");
        IBackendSocket client = ConnectClient("tcp4");
        IPEndPoint source = client.LocalEndPoint!;
        Assert.NotNull(Backend.WaitForArrival([listener], TimeSpan.FromSeconds(2)));
        Keep(listener.TryAccept(out _)!).Abort();
        client.Abort();

        IBackendSocket again = Keep(Backend.CreateSocket(new SocketSpec(TransportProtocol.Tcp, IpFamily.V4, ReusePort: false), World.Clients));
        Assert.True(Becomes(() => Refusal(() => again.Bind(source)) == Errno.None));
    }

    [Fact]
    public void Namespaces_are_apart()
    {
        INetworkNamespace other = Keep(Backend.CreateNamespace());
        _ = Open("udp4 any -reuseport");
        IBackendSocket there = Keep(Backend.CreateSocket(new SocketSpec(TransportProtocol.Udp, IpFamily.V4, ReusePort: false), other));

        Assert.NotEqual(World.Servers.Id, other.Id);
        there.Bind(new IPEndPoint(IPAddress.Any, Port));
        Assert.Equal(there.Cookie, Assert.Single(Backend.FindSockets(new SocketQuery(Port: Port, Namespace: other))).Cookie);
    }

    [Theory]
    [InlineData("tcp4 -reuseport reuseaddr")]
    [InlineData("tcp6 -reuseport reuseaddr")]
    public void Two_bound_with_SO_REUSEADDR_the_second_may_not_listen(string text)
    {
        IBackendSocket first = Bind(text);
        IBackendSocket second = Bind(text);
        first.Listen(16);

        Assert.Equal(Errno.EADDRINUSE, Refusal(() => second.Listen(16)));
    }
}
